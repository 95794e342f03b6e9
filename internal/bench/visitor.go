package bench

import (
	"context"
	"math/rand/v2"
	"time"
)

// visitor is a person who does now this and now that, by the weights of the day.
type visitor struct {
	wire
	stage  *stage
	person *person
	random *rand.Rand
	text   []byte // of the next body or path
}

func (v *visitor) prepare(context.Context) error { return nil }

// dial connects, where there is something to connect to.
func (v *visitor) dial(ctx context.Context) error {
	if v.stage.services != nil {
		return nil
	}
	return v.wire.dial(ctx)
}

// ask does one of the deeds.
func (v *visitor) ask(ctx context.Context) (int, error) {
	kind := v.choose()
	d := &deeds[kind]
	if v.stage.services != nil {
		return kind, d.service(v, ctx)
	}
	return kind, d.wire(v, ctx)
}

// Lifetimes after which a token is renewed rather than used: well before the 60
// minutes of the wallet's and the 15 of the bot's are over.
const (
	walletTokenUse = 30 * time.Minute
	botTokenUse    = 10 * time.Minute
)

// mostBills is how many bills a person makes: a list of bills has no pages, and
// nobody has thousands.
const mostBills = 40

// choose draws a deed by its weight, and another one where that makes no sense now.
func (v *visitor) choose() int {
	kind, left := 0, v.random.IntN(weights)
	for left >= deeds[kind].weight {
		left -= deeds[kind].weight
		kind++
	}
	h, overHTTP := &v.person.more, v.stage.services == nil
	switch {
	case kind == billPay && len(h.unpaid) == 0 && h.bills < mostBills, kind == billList && h.bills == 0:
		return billCreate
	case (kind == billCreate || kind == billPay) && h.bills >= mostBills && len(h.unpaid) == 0:
		return billList
	case kind == billCreate && h.bills >= mostBills:
		return billPay
	case kind == savingsDecrease && v.stage.tally.accounts[h.saving.place].change.Load() < step:
		return savingsTopUp
	case overHTTP && kind >= walletTransfer && kind <= walletList && time.Since(h.walletAt) > walletTokenUse:
		return walletRefresh
	case overHTTP && kind == botAccounts && time.Since(h.botAt) > botTokenUse:
		return botToken
	case !overHTTP && kind == walletRefresh:
		return walletList
	}
	return kind
}

// card is one of the person's own, and stranger somebody else.
func (v *visitor) card() *card { return v.person.cards[v.random.IntN(len(v.person.cards))] }

func (v *visitor) stranger() *person {
	people := v.stage.people
	other := v.random.IntN(len(people) - 1)
	if people[other] == v.person {
		other = len(people) - 1
	}
	return people[other]
}

// The deeds, in the order of the table. Those of money move one cent each, but
// bills and gifts.
const (
	bankOverview = iota
	bankCards
	bankTransfer
	bankHistory
	savingsList
	savingsTopUp
	savingsDecrease
	billList
	billCreate
	billPay
	walletTransfer
	walletHistory
	walletList
	walletRefresh
	botToken
	botAccounts
	giftSend
	giftPage
	giftPerson
	profileMe
	signInOnce
)

// deed is one thing that people do.
type deed struct {
	name    string
	weight  int // of the sum of all
	wire    func(*visitor, context.Context) error
	service func(*visitor, context.Context) error
}

// deeds is a day: people look more often than they act, at the bank and the wallet
// more than elsewhere, and sign in once in a thousand requests, for they stay
// signed in for days. The weights are out of a thousand.
var deeds [signInOnce + 1]deed

func init() { // they refer to one another by their places
	deeds = [...]deed{
		bankOverview:    {"bank: overview", 90, (*visitor).wireOverview, (*visitor).serviceOverview},
		bankCards:       {"bank: cards", 90, (*visitor).wireCards, (*visitor).serviceCards},
		bankTransfer:    {"bank: transfer", 160, (*visitor).wireTransfer, (*visitor).serviceTransfer},
		bankHistory:     {"bank: history page", 110, (*visitor).wireHistory, (*visitor).serviceHistory},
		savingsList:     {"bank: savings", 20, (*visitor).wireSavings, (*visitor).serviceSavings},
		savingsTopUp:    {"bank: top up savings", 15, (*visitor).wireTopUp, (*visitor).serviceTopUp},
		savingsDecrease: {"bank: take from savings", 10, (*visitor).wireDecrease, (*visitor).serviceDecrease},
		billList:        {"bank: bills", 10, (*visitor).wireBills, (*visitor).serviceBills},
		billCreate:      {"bank: make a bill", 2, (*visitor).wireMakeBill, (*visitor).serviceMakeBill},
		billPay:         {"bank: pay a bill", 2, (*visitor).wirePayBill, (*visitor).servicePayBill},
		walletTransfer:  {"wallet: transfer", 80, (*visitor).wireWalletTransfer, (*visitor).serviceWalletTransfer},
		walletHistory:   {"wallet: history page", 70, (*visitor).wireWalletHistory, (*visitor).serviceWalletHistory},
		walletList:      {"wallet: wallets", 80, (*visitor).wireWallets, (*visitor).serviceWallets},
		walletRefresh:   {"wallet: renew the token", 1, (*visitor).wireRenew, nil},
		botToken:        {"bot: token of a chat", 50, (*visitor).wireBotToken, (*visitor).serviceBotToken},
		botAccounts:     {"bot: accounts", 60, (*visitor).wireBotAccounts, (*visitor).serviceBotAccounts},
		giftSend:        {"gift: message with money", 20, (*visitor).wireGift, (*visitor).serviceGift},
		giftPage:        {"gift: messages", 30, (*visitor).wireGifts, (*visitor).serviceGifts},
		giftPerson:      {"gift: a person's total", 19, (*visitor).wireGiftPerson, (*visitor).serviceGiftPerson},
		profileMe:       {"profile: own account", 80, (*visitor).wireProfile, (*visitor).serviceProfile},
		signInOnce:      {"sign-in with a password", 1, (*visitor).wireSignIn, (*visitor).serviceSignIn},
	}
}

// weights is the sum of the deeds' weights.
const weights = 1000

// deedNames are the names of the deeds, in their order.
func deedNames() (names []string) {
	for _, d := range deeds {
		names = append(names, d.name)
	}
	return names
}
