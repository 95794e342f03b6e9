package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/store"
)

// ErrBreach is a verification that found something.
var ErrBreach = errors.New("the books do not balance")

// breachesShown bounds what is printed; one fault can break every row after it.
const breachesShown = 100

// Verify checks every invariant of the ledger in one snapshot of the database,
// also while a Purse runs on it. It draws its progress on progress, unless
// that is nil, and writes the breaches to out, or a closing line and what the
// operator owes and has taken in each currency. It returns
// ErrBreach when there are any.
func Verify(ctx context.Context, databaseURL string, out io.Writer, progress *os.File) (err error) {
	s, err := parseDatabase(databaseURL)
	if err != nil {
		return err
	}
	reader, err := openForReading(ctx, s, clock.System{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	err = verify(ctx, reader, out, progress)
	if errors.Is(err, ErrBreach) {
		return fmt.Errorf("%w; stop Purse, keep this database as it is, and look at the first of them", err)
	}
	return err
}

// verify is Verify of a database that is open.
func verify(ctx context.Context, reader reader, out io.Writer, progress *os.File) error {
	bar := progressBar{file: progress, label: "verifying"}
	breaches, rows := 0, int64(0)
	var totals []ledger.Total
	err := reader.View(ctx, func(tx store.Tx) error {
		audit, ok := tx.(ledger.AuditTx)
		if !ok {
			return errors.New("this database cannot be audited")
		}
		err := ledger.Verify(audit, func(b ledger.Breach) {
			if breaches++; breaches <= breachesShown {
				bar.clear()
				fmt.Fprintln(out, b)
			}
		}, func(done, total int64) {
			rows = total
			bar.draw(done, total)
		})
		if err == nil && breaches == 0 {
			totals, err = ledger.Totals(audit)
		}
		return err
	})
	bar.clear()
	if err != nil {
		return err
	}
	if breaches > 0 {
		if breaches > breachesShown {
			fmt.Fprintf(out, "… and %d more\n", breaches-breachesShown)
		}
		return fmt.Errorf("%w: %d breaches in %d rows read", ErrBreach, breaches, rows)
	}
	if _, err := fmt.Fprintf(out, "the books balance: %d rows read, every invariant holds\n", rows); err != nil {
		return err
	}
	return summarize(out, totals)
}

// summarize writes what each currency's accounts have.
func summarize(out io.Writer, totals []ledger.Total) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(totals) > 0 {
		fmt.Fprintln(table, "currency\towed to customers\tcash in\tcash out\t")
	}
	for _, t := range totals {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t\n", t.Currency, t.Owed, t.CashIn, t.CashOut)
	}
	return table.Flush()
}
