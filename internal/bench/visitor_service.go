package bench

import (
	"context"
	"time"

	"purse/internal/bill"
	cards "purse/internal/card"
	"purse/internal/claim"
	gifts "purse/internal/gift"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/saving"
	"purse/internal/wallet"
)

// historyPage is how many lines of a history are read at once.
const historyPage = 20

// note is the tally of a movement that a service has acknowledged.
func (v *visitor) note(err error, from, to int, amount int64) error {
	if err == nil {
		v.stage.tally.moved(from, to, amount)
	}
	return err
}

func (v *visitor) serviceOverview(ctx context.Context) error {
	_, err := v.stage.services.Cards.Overview(ctx, v.person.owner)
	return err
}

func (v *visitor) serviceCards(ctx context.Context) error {
	_, err := v.stage.services.Cards.List(ctx, v.person.owner)
	return err
}

func (v *visitor) serviceTransfer(ctx context.Context) error {
	from, to := v.card(), v.stranger().cards[0]
	_, err := v.stage.services.Cards.Transfer(ctx, cards.TransferRequest{Owner: v.person.owner, From: from.number, To: to.number, Amount: v.stage.amount})
	return v.note(err, from.place, to.place, step)
}

func (v *visitor) serviceHistory(ctx context.Context) error {
	_, err := v.stage.services.Cards.History(ctx, v.person.owner, v.card().number, ledger.TransferID{}, historyPage)
	return err
}

func (v *visitor) serviceSavings(ctx context.Context) error {
	_, err := v.stage.services.Savings.List(ctx, v.person.owner)
	return err
}

func (v *visitor) serviceTopUp(ctx context.Context) error {
	c := v.card()
	_, err := v.stage.services.Savings.TopUp(ctx, v.saving(c))
	return v.note(err, c.place, v.person.more.saving.place, step)
}

func (v *visitor) serviceDecrease(ctx context.Context) error {
	c := v.card()
	_, err := v.stage.services.Savings.Decrease(ctx, v.saving(c))
	return v.note(err, v.person.more.saving.place, c.place, step)
}

func (v *visitor) saving(c *card) saving.MoveRequest {
	return saving.MoveRequest{
		Owner: v.person.owner, Saving: ledger.AccountID(v.person.more.saving.id), Card: ledger.AccountID(c.id), Amount: v.stage.amount,
	}
}

func (v *visitor) serviceBills(ctx context.Context) error {
	_, err := v.stage.services.Bills.List(ctx, v.person.owner)
	return err
}

func (v *visitor) serviceMakeBill(ctx context.Context) error {
	amount, err := money.ParseDecimal(billAmountText)
	if err != nil {
		return err
	}
	made, err := v.stage.services.Bills.Create(ctx, v.person.owner, "Electricity", amount, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	if err == nil {
		h := &v.person.more
		h.bills, h.unpaid = h.bills+1, append(h.unpaid, int64(made.ID))
	}
	return err
}

func (v *visitor) servicePayBill(ctx context.Context) error {
	c, h := v.card(), &v.person.more
	id := h.unpaid[0]
	h.unpaid = h.unpaid[1:]
	_, err := v.stage.services.Bills.Pay(ctx, bill.PayRequest{Owner: v.person.owner, Bill: bill.ID(id), Card: c.number})
	return v.note(err, c.place, nobody, billAmount)
}

func (v *visitor) serviceWalletTransfer(ctx context.Context) error {
	h, to := &v.person.more, &v.stranger().more
	_, err := v.stage.services.Wallets.Transfer(ctx, wallet.TransferRequest{
		Owner: v.person.owner, Wallet: ledger.AccountID(h.wallet.id), To: to.wallet.number, Amount: v.stage.amount,
	})
	return v.note(err, h.wallet.place, to.wallet.place, step)
}

func (v *visitor) serviceWalletHistory(ctx context.Context) error {
	_, err := v.stage.services.Wallets.History(ctx, v.person.owner, ledger.AccountID(v.person.more.wallet.id), ledger.TransferID{}, historyPage)
	return err
}

func (v *visitor) serviceWallets(ctx context.Context) error {
	_, err := v.stage.services.Wallets.List(ctx, v.person.owner)
	return err
}

func (v *visitor) serviceBotToken(ctx context.Context) error {
	_, err := v.stage.services.People.SignInChat(ctx, v.person.more.chat, botTokenUse, benchClient(identity.Bot))
	return err
}

func (v *visitor) serviceBotAccounts(ctx context.Context) error {
	_, err := v.stage.services.Accounts.Accounts(ctx, v.person.owner)
	return err
}

func (v *visitor) serviceGift(ctx context.Context) error {
	to := v.stranger()
	_, err := v.stage.services.Gifts.Send(ctx, gifts.SendRequest{Sender: v.person.owner, Receiver: to.owner, Text: "Happy New Year", Amount: giftAmount})
	return v.note(err, nobody, to.more.box, giftAmount)
}

func (v *visitor) serviceGifts(ctx context.Context) error {
	_, err := v.stage.services.Gifts.Messages(ctx, v.person.owner, 1)
	return err
}

func (v *visitor) serviceGiftPerson(ctx context.Context) error {
	_, err := v.stage.services.Gifts.Account(ctx, v.stranger().owner)
	return err
}

func (v *visitor) serviceProfile(ctx context.Context) error {
	_, err := v.stage.services.People.Account(ctx, identity.UserID(v.person.owner))
	return err
}

func (v *visitor) serviceSignIn(ctx context.Context) error {
	_, err := v.stage.services.People.SignIn(ctx, claim.Email, v.person.email, password, benchClient(identity.Bot))
	return err
}

// benchClient is where requests in process come from.
func benchClient(surface identity.Surface) identity.Client {
	return identity.Client{Surface: surface, Address: "127.0.0.1", UserAgent: "purse bench"}
}
