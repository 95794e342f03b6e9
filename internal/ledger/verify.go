package ledger

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"purse/internal/money"
)

// Rule names an invariant of the book.
type Rule string

// The invariants that Verify checks.
const (
	RuleCurrencySum     Rule = "currency_sum"     // per currency the sum of all balances is 0
	RuleBalance         Rule = "balance"          // a balance is the sum of the account's entries
	RuleBalanceAfter    Rule = "balance_after"    // an entry's balance follows from the one before
	RuleSequence        Rule = "sequence"         // an account's entries count 1, 2, 3…
	RulePrevious        Rule = "previous"         // an entry names the account's entry before it
	RuleHash            Rule = "hash"             // an entry's hash follows from the one before and its transfer
	RuleNewest          Rule = "newest"           // an account names its newest entry, its hash and its number
	RulePosting         Rule = "posting"          // a posting's entries are equal and opposite
	RuleTransferEntries Rule = "transfer_entries" // a transfer has the entries that it says
	RuleEntryTransfer   Rule = "entry_transfer"   // an entry has a transfer
	RuleEntryAccount    Rule = "entry_account"    // an entry has an account
	RuleFloor           Rule = "floor"            // what a customer has available is not below zero
	RuleHeld            Rule = "held"             // what an account holds is the sum of its open holds
	RuleClosed          Rule = "closed"           // a closed account is empty
	RuleStatus          Rule = "status"           // an account has a status that there is, and the system's are never blocked
)

// Breach is one row, or one currency, that breaks a rule. It names rows by
// their ids and tells nothing of people.
type Breach struct {
	Rule     Rule
	Account  AccountID  // or 0
	Entry    EntryID    // or 0
	Transfer TransferID // or zero
	Detail   string     // what is there and what should be
}

func (b Breach) String() string {
	var s strings.Builder
	s.WriteString(string(b.Rule))
	if b.Account != 0 {
		fmt.Fprintf(&s, " account %d", b.Account)
	}
	if b.Entry != 0 {
		fmt.Fprintf(&s, " entry %d", b.Entry)
	}
	if !b.Transfer.IsZero() {
		fmt.Fprintf(&s, " transfer %s", b.Transfer)
	}
	return s.String() + ": " + b.Detail
}

// AuditTx is what Verify reads: the rows as they are stored, in one snapshot.
type AuditTx interface {
	// AuditSize is how many accounts, entries and transfers there are.
	AuditSize() (accounts, entries, transfers int64, err error)
	// AuditAccounts lists at most limit accounts with ids above after, by id.
	AuditAccounts(after AccountID, limit int) ([]AuditAccount, error)
	// AuditHolds gives what open holds hold on each account with an id in
	// [first, last] that has any.
	AuditHolds(first, last AccountID, each func(account AccountID, held int64)) error
	// AuditEntries walks all entries by id, and ends early when each returns an
	// error. The row is each's only until it returns.
	AuditEntries(each func(*AuditEntry) error) error
	// AuditTransfers walks the transfers whose first entry is missing or another transfer's.
	AuditTransfers(each func(TransferID) error) error
}

// AuditAccount is an account as stored.
type AuditAccount struct {
	ID            AccountID
	Owner         OwnerID
	Kind          AccountKind
	Currency      string
	Balance, Held int64 // minor units
	Status        Status
	Entries       int64
	LastEntry     EntryID
	LastHash      Hash
}

// AuditEntry is an entry as stored, with its transfer. Amounts carry no
// currency: it is the account's.
type AuditEntry struct {
	Entry
	Known bool     // the account exists
	Found bool     // the transfer exists
	Of    Transfer // without its entries
	First EntryID  // of the transfer, as it says
	Count int64    // how many entries the transfer says it has
}

// auditSpan is how many accounts are followed at once: what bounds the memory
// of Verify (about 50 MB). More accounts take more walks over the entries.
const auditSpan = 250_000

// Verify checks every invariant of the book and reports each breach. It
// returns an error only when the rows cannot be read. progress is told now and
// then how many of the rows to read have been read.
func Verify(tx AuditTx, report func(Breach), progress func(done, total int64)) error {
	return verify(tx, report, progress, auditSpan)
}

func verify(tx AuditTx, report func(Breach), progress func(done, total int64), span int) error {
	accounts, entries, transfers, err := tx.AuditSize()
	if err != nil {
		return err
	}
	walks := max((accounts+int64(span)-1)/int64(span), 1)
	a := audit{
		tx: tx, report: report, progress: progress, total: accounts + walks*entries + transfers,
		sums: map[string]*big.Int{}, span: span,
	}
	if err := a.books(); err != nil {
		return err
	}
	for _, currency := range slices.Sorted(maps.Keys(a.sums)) {
		if sum := a.sums[currency]; sum.Sign() != 0 {
			report(Breach{Rule: RuleCurrencySum, Detail: fmt.Sprintf("the balances in %.8q add up to %s minor units, not 0", currency, sum)})
		}
	}
	err = tx.AuditTransfers(func(t TransferID) error {
		report(Breach{Rule: RuleTransferEntries, Transfer: t, Detail: "its entries are missing"})
		return nil
	})
	progress(a.total, a.total)
	return err
}

// audit is a verification under way.
type audit struct {
	tx       AuditTx
	report   func(Breach)
	progress func(done, total int64)
	done     int64
	total    int64
	span     int
	sums     map[string]*big.Int // of balances by currency

	first, last AccountID            // the accounts followed in this walk
	chains      map[AccountID]*chain // of those
	group       []Entry              // the entries of the transfer at hand
	groupOf     AuditEntry           // its first row
	digest      Hash
}

// chain is an account and what its entries have led to so far.
type chain struct {
	account AuditAccount
	at      Entry // the entry before; its balance, number, id and hash
	sum     int64
	held    int64
}

// books follows all accounts, span by span. The first walk over the entries
// also looks at the transfers.
func (a *audit) books() error {
	for walk := 0; ; walk++ {
		after := a.last
		accounts, err := a.tx.AuditAccounts(after, a.span)
		if err != nil || len(accounts) == 0 && walk > 0 {
			return err
		}
		a.first, a.chains = after+1, make(map[AccountID]*chain, len(accounts))
		for _, account := range accounts {
			a.last = account.ID
			a.chains[account.ID] = &chain{account: account}
			sum := a.sums[account.Currency]
			if sum == nil {
				sum = new(big.Int)
				a.sums[account.Currency] = sum
			}
			sum.Add(sum, big.NewInt(account.Balance))
		}
		a.step(int64(len(accounts)))
		if err := a.walk(walk == 0); err != nil {
			return err
		}
		for _, account := range accounts {
			a.settle(a.chains[account.ID])
		}
	}
}

func (a *audit) walk(transfersToo bool) error {
	a.group, a.groupOf = a.group[:0], AuditEntry{}
	err := a.tx.AuditEntries(func(e *AuditEntry) error {
		a.step(1)
		if len(a.group) == 0 || a.groupOf.Transfer != e.Transfer {
			if transfersToo {
				a.transfer()
			}
			a.group, a.groupOf, a.digest = a.group[:0], *e, e.Of.digest()
		}
		if transfersToo {
			a.group = append(a.group, e.Entry)
			a.belongs(e)
		} else {
			a.group = append(a.group[:0], e.Entry)
		}
		if c := a.chains[e.Account]; c != nil {
			a.follow(c, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if transfersToo {
		a.transfer()
	}
	return a.tx.AuditHolds(a.first, a.last, func(account AccountID, held int64) {
		if c := a.chains[account]; c != nil {
			c.held = held
		}
	})
}

// belongs checks that an entry has an account and a transfer.
func (a *audit) belongs(e *AuditEntry) {
	if !e.Known {
		a.report(Breach{Rule: RuleEntryAccount, Account: e.Account, Entry: e.ID, Transfer: e.Transfer, Detail: "there is no such account"})
	}
	if !e.Found {
		a.report(Breach{Rule: RuleEntryTransfer, Account: e.Account, Entry: e.ID, Transfer: e.Transfer, Detail: "there is no such transfer"})
	}
}

// transfer checks the entries at hand against each other and their transfer.
func (a *audit) transfer() {
	if len(a.group) == 0 || !a.groupOf.Found {
		return
	}
	breach := Breach{Rule: RuleTransferEntries, Transfer: a.groupOf.Transfer}
	if first, count := a.group[0].ID, int64(len(a.group)); first != a.groupOf.First || count != a.groupOf.Count || count%2 != 0 {
		breach.Detail = fmt.Sprintf("it has %d entries from %d on, and says %d from %d on", count, first, a.groupOf.Count, a.groupOf.First)
		a.report(breach)
		return
	}
	for i := 0; i < len(a.group); i += 2 {
		debit, credit := a.group[i], a.group[i+1]
		if debit.Posting != i/2 || credit.Posting != i/2 || credit.ID != debit.ID+1 || debit.Amount.Sign() >= 0 || debit.Amount.Minor() != -credit.Amount.Minor() ||
			debit.Counter != credit.Account || credit.Counter != debit.Account || debit.Account == credit.Account {
			a.report(Breach{
				Rule: RulePosting, Account: debit.Account, Entry: debit.ID, Transfer: breach.Transfer,
				Detail: fmt.Sprintf("entries %d and %d are not equal and opposite", debit.ID, credit.ID),
			})
		}
	}
}

// follow takes an account's chain one entry further. After a breach it goes on
// from what is stored, so that one wrong row is reported once.
func (a *audit) follow(c *chain, e *AuditEntry) {
	wrong := func(rule Rule, format string, args ...any) {
		a.report(Breach{Rule: rule, Account: e.Account, Entry: e.ID, Transfer: e.Transfer, Detail: fmt.Sprintf(format, args...)})
	}
	if e.Seq != c.at.Seq+1 {
		wrong(RuleSequence, "it is number %d after %d", e.Seq, c.at.Seq)
	}
	if e.Previous != c.at.ID {
		wrong(RulePrevious, "it names %d as the entry before, which is %d", e.Previous, c.at.ID)
	}
	if after := c.at.BalanceAfter.Minor() + e.Amount.Minor(); e.BalanceAfter.Minor() != after {
		wrong(RuleBalanceAfter, "the balance after it is %d, and should be %d", e.BalanceAfter.Minor(), after)
	}
	if e.Found && e.Hash != e.chain(c.at.Hash, a.digest) {
		wrong(RuleHash, "the hash does not fit the entry, its transfer and the entries before")
	}
	c.sum += e.Amount.Minor()
	c.at = e.Entry
}

// settle compares an account with what its entries have led to.
func (a *audit) settle(c *chain) {
	wrong := func(rule Rule, format string, args ...any) {
		a.report(Breach{Rule: rule, Account: c.account.ID, Detail: fmt.Sprintf(format, args...)})
	}
	account := c.account
	if account.Balance != c.sum {
		wrong(RuleBalance, "the balance is %d, and its entries add up to %d", account.Balance, c.sum)
	}
	if account.Entries != c.at.Seq || account.LastEntry != c.at.ID || account.LastHash != c.at.Hash {
		wrong(RuleNewest, "it names entry %d, number %d, and the newest is %d, number %d", account.LastEntry, account.Entries, c.at.ID, c.at.Seq)
	}
	if account.Owner != 0 && account.Balance < account.Held {
		wrong(RuleFloor, "the balance is %d and %d are held", account.Balance, account.Held)
	}
	if account.Held != c.held {
		wrong(RuleHeld, "%d are held, and its open holds add up to %d", account.Held, c.held)
	}
	if account.Status == Closed && (account.Balance != 0 || account.Held != 0) {
		wrong(RuleClosed, "it is closed with a balance of %d and %d held", account.Balance, account.Held)
	}
	if !slices.Contains(statuses, account.Status) || account.Status == Blocked && account.Owner == 0 {
		wrong(RuleStatus, "its status is %.8q", account.Status)
	}
	if _, err := money.ParseCurrency(account.Currency); err != nil {
		wrong(RuleCurrencySum, "its currency %.8q is none", account.Currency)
	}
}

// statuses are all that there are.
var statuses = []Status{Open, Blocked, Frozen, Closed}

// step counts rows and tells of them now and then.
func (a *audit) step(rows int64) {
	const often = 4096
	before := a.done / often
	a.done += rows
	if a.done/often != before {
		a.progress(a.done, a.total)
	}
}
