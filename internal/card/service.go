package card

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/secret"
	"purse/internal/unit"
	"purse/internal/wallet"
)

// KeptKey is the key that outlives the root key: a card keeps the CVV that was
// printed on it.
const KeptKey = "card cvv 1"

// Options is what a Service needs.
type Options struct {
	Work     unit.Work[Tx]
	Payments *payment.Service
	Numbers  *number.Directory
	Root     *secret.Root
	Grant    money.Amount // opens a new card, from the promotions account; zero for none
}

// Service is cards as the surfaces use them. It is safe for concurrent use.
type Service struct {
	work     unit.Work[Tx]
	payments *payment.Service
	numbers  *number.Directory
	sealer   *secret.Sealer
	cvv      *secret.Hasher
	grant    money.Amount
}

// New makes a service.
func New(o Options) *Service {
	return &Service{
		work: o.Work, payments: o.Payments, numbers: o.Numbers, grant: o.Grant,
		sealer: o.Root.Sealer("card number 1"),
		cvv:    o.Root.Kept(KeptKey),
	}
}

// numberTries bounds the search for a free number with free last four digits:
// with MaxCards cards one try in ten fails.
const numberTries = 100

// Create makes a card under the owner's default wallet, in its currency, with
// the opening grant on it. The same key gives the same card, as it was made.
// It returns wallet.ErrNone and ErrTooMany.
func (s *Service) Create(ctx context.Context, owner ledger.OwnerID, key *ledger.Key) (Card, error) {
	var row Row
	ref, replayed, err := ledger.Once(ctx, s.work, key, func(tx Tx) (string, error) {
		var err error
		row, err = s.create(tx, owner)
		return strconv.FormatInt(int64(row.ID), 10), err
	})
	if err != nil {
		return Card{}, err
	}
	if replayed {
		if row, err = s.byRef(ctx, ref); err != nil {
			return Card{}, err
		}
	}
	return s.show(row, row.Opening)
}

// byRef reads a card that an idempotency key names, deleted or not.
func (s *Service) byRef(ctx context.Context, ref string) (row Row, err error) {
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return Row{}, fault.ErrInternal.Because(errors.New("card: a key does not name a card"))
	}
	err = s.work.View(ctx, func(tx Tx) error {
		var found bool
		row, found, err = tx.Card(ledger.AccountID(id))
		if err == nil && !found {
			err = fault.ErrInternal.Because(errors.New("card: a key names a card that is not there"))
		}
		return err
	})
	return row, err
}

func (s *Service) create(tx Tx, owner ledger.OwnerID) (Row, error) {
	under, err := wallet.Default(tx, owner)
	if err != nil {
		return Row{}, err
	}
	holder, err := identity.ActiveUser(tx, identity.UserID(owner))
	if err != nil {
		return Row{}, err
	}
	cards, err := tx.CardsOf(owner)
	if err != nil {
		return Row{}, err
	}
	if len(cards) >= MaxCards {
		return Row{}, ErrTooMany
	}
	account, err := ledger.OpenAccount(tx, owner, ledger.Card, under.Currency)
	if err != nil {
		return Row{}, err
	}
	pan, err := s.claimNumber(tx, account.ID, cards)
	if err != nil {
		return Row{}, err
	}
	expires := tx.Now()
	row := Row{
		ID: account.ID, Owner: owner, Wallet: under.ID, Currency: under.Currency,
		SealedNumber: s.sealer.Seal([]byte(pan), associated(account.ID)), LastFour: pan[len(pan)-4:],
		FirstName: holder.FirstName, LastName: holder.LastName,
		Expiry:    Expiry{expires.Year() + validYears, expires.Month()},
		CreatedAt: tx.Now(),
	}
	if row.Opening, err = s.payments.Grant(tx, account, s.grant); err != nil {
		return Row{}, err
	}
	return row, tx.InsertCard(row)
}

// claimNumber gives the account a number whose last four digits none of the
// owner's living cards has.
func (s *Service) claimNumber(tx Tx, account ledger.AccountID, cards []Row) (string, error) {
	taken := make(map[string]bool, len(cards))
	for _, c := range cards {
		taken[c.LastFour] = true
	}
	for range numberTries {
		pan := number.Card()
		if taken[pan[len(pan)-4:]] {
			continue
		}
		err := s.numbers.Claim(tx, pan, account)
		if errors.Is(err, claim.ErrTaken) {
			continue
		}
		return pan, err
	}
	return "", fault.ErrInternal.Because(errors.New("card: no free number found"))
}

// List is the owner's living cards, the oldest first, or wallet.ErrNone.
func (s *Service) List(ctx context.Context, owner ledger.OwnerID) ([]Card, error) {
	var rows []Row
	var balances map[ledger.AccountID]money.Amount
	err := s.work.View(ctx, func(tx Tx) (err error) {
		if _, err = wallet.Default(tx, owner); err != nil {
			return err
		}
		if rows, err = tx.CardsOf(owner); err != nil {
			return err
		}
		balances, err = balancesOf(tx, rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	cards := make([]Card, len(rows))
	for i, row := range rows {
		if cards[i], err = s.show(row, balances[row.ID]); err != nil {
			return nil, err
		}
	}
	return cards, nil
}

// ByLastFour is the owner's living card whose number ends in these digits, or
// ErrUnknown.
func (s *Service) ByLastFour(ctx context.Context, owner ledger.OwnerID, digits string) (Card, error) {
	var row Row
	var balances map[ledger.AccountID]money.Amount
	err := s.work.View(ctx, func(tx Tx) (err error) {
		var found bool
		if row, found, err = tx.CardByLastFour(owner, digits); err != nil {
			return err
		}
		if !found {
			return ErrUnknown
		}
		balances, err = balancesOf(tx, []Row{row})
		return err
	})
	if err != nil {
		return Card{}, err
	}
	return s.show(row, balances[row.ID])
}

// balancesOf reads the balances of cards, which are sorted by id.
func balancesOf(tx ledger.Tx, rows []Row) (map[ledger.AccountID]money.Amount, error) {
	ids := make([]ledger.AccountID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	accounts, err := tx.Accounts(ids)
	if err != nil {
		return nil, err
	}
	balances := make(map[ledger.AccountID]money.Amount, len(accounts))
	for _, a := range accounts {
		balances[a.ID] = a.Balance
	}
	return balances, nil
}

// show is a card as its owner sees it.
func (s *Service) show(row Row, balance money.Amount) (Card, error) {
	pan, err := s.unseal(row.ID, row.SealedNumber)
	if err != nil {
		return Card{}, err
	}
	return Card{
		ID: row.ID, Wallet: row.Wallet, Number: pan, LastFour: row.LastFour, FirstName: row.FirstName, LastName: row.LastName,
		Expiry: row.Expiry, CVV: s.cvvOf(pan, row.Expiry), Balance: balance,
	}, nil
}

func (s *Service) unseal(id ledger.AccountID, sealed []byte) (string, error) {
	pan, err := s.sealer.Open(sealed, associated(id))
	if err != nil {
		return "", fault.ErrInternal.Because(fmt.Errorf("card: number of card %d: %w", id, err))
	}
	return string(pan), nil
}

// associated binds a sealed number to its card.
func associated(id ledger.AccountID) []byte {
	return strconv.AppendInt([]byte("card "), int64(id), 10)
}

// cvvOf derives the three digits that prove possession of the card.
func (s *Service) cvvOf(pan string, expiry Expiry) string {
	sum := s.cvv.Sum(pan + " " + expiry.String())
	return fmt.Sprintf("%03d", binary.BigEndian.Uint64(sum[:8])%1000) // 2^64 mod 1000 favours no value by more than 1 in 10^16
}
