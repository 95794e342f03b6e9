package gift

import (
	"context"
	"errors"
	"strconv"

	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/statement"
	"purse/internal/unit"
	"purse/internal/wallet"
)

// Options is what a Service needs.
type Options struct {
	Work     unit.Work[Tx]
	Payments *payment.Service
	Numbers  *number.Directory
	Funding  Funding
}

// Service is gifts as the surface uses them. It is safe for concurrent use.
type Service struct {
	work     unit.Work[Tx]
	payments *payment.Service
	numbers  *number.Directory
	funding  Funding
}

// New makes a service.
func New(o Options) *Service { return &Service{o.Work, o.Payments, o.Numbers, o.Funding} }

// sequence numbers the messages.
const sequence = "gift_message"

// SendRequest asks to send a message.
type SendRequest struct {
	Sender, Receiver ledger.OwnerID
	Text             string
	Amount           int64 // in whole units
	Moneybag         bool
	Key              *ledger.Key // or nil
}

// Send makes a message and moves its money, in one unit of work. In this order
// it returns identity.ErrNoSession for a sender who has left, ErrNoReceiver,
// ErrAmount, ErrNote, ErrToSelf, and what refuses the transfer, such as
// ledger.ErrInsufficientFunds.
func (s *Service) Send(ctx context.Context, r SendRequest) (Message, error) {
	var made Message
	ref, replayed, err := ledger.Once(ctx, s.work, r.Key, func(tx Tx) (string, error) {
		var err error
		made, err = s.send(tx, r)
		return strconv.FormatInt(int64(made.ID), 10), err
	})
	if err != nil {
		return Message{}, err
	}
	if !replayed {
		return made, nil
	}
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return Message{}, fault.ErrInternal.Because(errors.New("gift: a key does not name a message"))
	}
	made, err = s.Message(ctx, r.Receiver, MessageID(id))
	if errors.Is(err, ErrNoMessage) { // the receiver has left since, and the message with them
		err = ErrNoReceiver
	}
	return made, err
}

func (s *Service) send(tx Tx, r SendRequest) (Message, error) {
	sender, err := pair(tx, r.Sender, r.Receiver)
	if err != nil {
		return Message{}, err
	}
	if err := checkAmount(r.Amount, r.Moneybag); err != nil {
		return Message{}, err
	}
	box, err := tx.GiftBox(r.Receiver)
	if err != nil {
		return Message{}, err
	}
	var t ledger.Transfer
	if s.funding == Wallet {
		t, err = s.fromWallet(tx, r, &box)
	} else {
		t, err = s.pledged(tx, r, &box)
	}
	if err != nil {
		return Message{}, err
	}
	box.Messages++
	if err := tx.PutGiftBox(r.Receiver, box); err != nil {
		return Message{}, err
	}
	id, err := tx.NextID(sequence)
	if err != nil {
		return Message{}, err
	}
	m := Message{
		ID: MessageID(id), Receiver: r.Receiver, Sender: r.Sender, Text: r.Text, Amount: t.Entries[len(t.Entries)-1].Amount,
		Author: identity.Profile{Username: sender.Username, FirstName: sender.FirstName}, Moneybag: r.Moneybag, Transfer: t.ID, CreatedAt: tx.Now(),
	}
	return m, tx.InsertGiftMessage(m)
}

// pair reads and locks both people, in the order of their ids, and returns the sender.
func pair(tx Tx, sender, receiver ledger.OwnerID) (identity.User, error) {
	read := func(owner ledger.OwnerID) (identity.User, error) {
		u, err := identity.ActiveUser(tx, identity.UserID(owner))
		switch {
		case !errors.Is(err, identity.ErrNoUser):
			return u, err
		case owner == sender:
			return u, identity.ErrNoSession
		}
		return u, ErrNoReceiver
	}
	first, err := read(min(sender, receiver))
	if err != nil {
		return identity.User{}, err
	}
	second, err := read(max(sender, receiver))
	if err != nil || sender > receiver {
		return second, err
	}
	return first, nil
}

// pledged moves play money from the pledges into the receiver's box.
func (s *Service) pledged(tx Tx, r SendRequest, box *Box) (ledger.Transfer, error) {
	if err := openBox(tx, r.Receiver, box); err != nil {
		return ledger.Transfer{}, err
	}
	pledges, err := ledger.System(tx, ledger.Pledges, money.Play)
	if err != nil {
		return ledger.Transfer{}, err
	}
	return s.payments.Move(tx, payment.Movement{
		Kind: statement.KindGift, From: pledges, To: box.Account, Amount: money.New(r.Amount, money.Play), Into: money.Play, Actor: r.Sender,
	})
}

// openBox makes the account of a box that has none.
func openBox(tx Tx, owner ledger.OwnerID, box *Box) error {
	if box.Account != 0 {
		return nil
	}
	account, err := ledger.OpenAccount(tx, owner, ledger.Gift, money.Play)
	box.Account = account.ID
	return err
}

// fromWallet moves won from the sender's wallet into the receiver's, which is
// opened when there is none.
func (s *Service) fromWallet(tx Tx, r SendRequest, box *Box) (ledger.Transfer, error) {
	if r.Sender == r.Receiver {
		return ledger.Transfer{}, ErrToSelf
	}
	from, err := wonWallet(tx, r.Sender)
	if err != nil {
		return ledger.Transfer{}, err
	}
	if from == 0 {
		return ledger.Transfer{}, ledger.ErrInsufficientFunds
	}
	to, err := wonWallet(tx, r.Receiver)
	if err != nil {
		return ledger.Transfer{}, err
	}
	if to == 0 {
		opened, err := wallet.Open(tx, s.numbers, r.Receiver, money.KRW)
		if err != nil {
			return ledger.Transfer{}, err
		}
		to = opened.ID
	}
	amount := money.New(r.Amount, money.KRW)
	if box.Received, err = box.Received.Add(amount); err != nil {
		return ledger.Transfer{}, err
	}
	return s.payments.Move(tx, payment.Movement{Kind: statement.KindGift, From: from, To: to, Amount: amount, Into: money.KRW, Actor: r.Sender})
}

// wonWallet finds a person's wallet of won, or 0.
func wonWallet(tx Tx, owner ledger.OwnerID) (ledger.AccountID, error) {
	wallets, err := tx.WalletsOf(owner)
	if err != nil {
		return 0, err
	}
	for _, w := range wallets {
		if w.Currency == money.KRW {
			return w.ID, nil
		}
	}
	return 0, nil
}
