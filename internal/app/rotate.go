package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"purse/internal/card"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/notify"
	"purse/internal/number"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/wallet"
)

const (
	// Rows of one unit of work: many where it only looks, and few where it holds
	// rows that Purse may want.
	lookedAtOnce  = 500
	renewedAtOnce = 50
	// mostPasses bounds how often everything is gone through until nothing is left.
	// The second pass finds what was written while the first one went by; more
	// than that comes from a node that writes with another key.
	mostPasses = 5
)

// RotateKeys makes everything that an older root key has made anew with the first
// one, while Purse serves: what is sealed, and the keyed hashes by which numbers
// are found. It goes through the rows in short units of work, each whole in
// itself, so that it can be interrupted and run again. At its end the database
// belongs to the first key alone. It writes what it has done to out, and
// draws its progress on progress, unless that is nil.
func (a *Administration) RotateKeys(ctx context.Context, out io.Writer, progress *os.File) error {
	r, err := a.rotation(out, progress)
	if err != nil {
		return err
	}
	done := make([]secret.Tally, len(r.kinds))
	looked, err := r.pass(ctx, "looking at", false)
	if err != nil {
		return r.interrupted(ctx, err, done)
	}
	if err := r.refuseUnknown(looked, "nothing was changed"); err != nil {
		return err
	}
	replaced := false
	err = a.Update(ctx, func(tx store.Tx) (err error) {
		replaced, err = beginRotation(tx, a.Root)
		return err
	})
	if err != nil {
		return r.interrupted(ctx, err, done)
	}
	for pass := 1; ; pass++ {
		doing := "re-encrypting"
		if pass > 1 {
			doing = "looking again at"
		}
		found, err := r.pass(ctx, doing, true)
		left := 0
		for i := range found {
			done[i].Stale += found[i].Stale
			done[i].Rows = max(done[i].Rows, found[i].Rows)
			left += found[i].Stale
		}
		if err != nil {
			return r.interrupted(ctx, err, done)
		}
		if err := r.refuseUnknown(found, "what could be done was done"); err != nil {
			return err
		}
		if left == 0 {
			break
		}
		if pass == mostPasses {
			return errors.New("something still writes with an older key: is a Purse running on this database whose PURSE_SECRET_KEY does not begin with the new key? Restart it with the new key first, then run this again")
		}
	}
	err = a.Update(ctx, func(tx store.Tx) error {
		if replaced {
			tx.Scrub() // what the files still have of before
		}
		return endRotation(tx, a.Root)
	})
	if err != nil {
		return r.interrupted(ctx, err, done)
	}
	return r.report(done, len(a.Root.Each()) > 1, replaced)
}

// rotation is one run of RotateKeys.
type rotation struct {
	kinds    []rotated
	out      io.Writer
	progress *os.File
	rows     int // found in the last pass
}

// rotated is one kind of rows.
type rotated struct {
	name string
	// start begins at the first row: what it returns does one unit of work, and
	// says whether it was the last.
	start func(renew bool) func(ctx context.Context) (secret.Tally, bool, error)
}

// paged goes through rows by their ids.
func paged[K any](name string, batch func(ctx context.Context, after K, limit int, renew bool) (secret.Tally, K, error)) rotated {
	return rotated{name, func(renew bool) func(context.Context) (secret.Tally, bool, error) {
		var after K
		limit := lookedAtOnce
		if renew {
			limit = renewedAtOnce
		}
		return func(ctx context.Context) (tally secret.Tally, last bool, err error) {
			tally, after, err = batch(ctx, after, limit, renew)
			return tally, tally.Rows < limit, err
		}
	}}
}

// rotation gathers everything that depends on the root key.
func (a *Administration) rotation(out io.Writer, progress *os.File) (*rotation, error) {
	people, err := a.People()
	if err != nil {
		return nil, err
	}
	numbers := number.NewDirectory(store.Narrow[number.Tx](a.Engine), a.Root)
	wallets := wallet.New(wallet.Options{Work: store.Narrow[wallet.Tx](a.Engine), Numbers: numbers})
	cards := card.New(card.Options{Work: store.Narrow[card.Tx](a.Engine), Numbers: numbers, Root: a.Root})
	outbox := notify.New(notify.Config{Store: store.Narrow[notify.Tx](a.Engine), Root: a.Root, Clock: a.Clock})
	bots := a.botClients()
	return &rotation{out: out, progress: progress, kinds: []rotated{
		paged[identity.UserID]("social security numbers", people.RenewKeys),
		paged[ledger.AccountID]("card numbers", cards.RenewKeys),
		paged[ledger.AccountID]("wallet numbers", wallets.RenewKeys),
		{"secrets of bot clients", func(renew bool) func(context.Context) (secret.Tally, bool, error) {
			return func(ctx context.Context) (secret.Tally, bool, error) {
				tally, err := bots.RenewKeys(ctx, renew)
				return tally, true, err
			}
		}},
		paged[id.UUID]("messages", outbox.RenewKeys),
	}}, nil
}

// pass goes through all rows once, and counts each kind as far as it came.
func (r *rotation) pass(ctx context.Context, doing string, renew bool) ([]secret.Tally, error) {
	bar := progressBar{file: r.progress, label: doing}
	defer bar.clear()
	tallies, rows := make([]secret.Tally, len(r.kinds)), 0
	for i, kind := range r.kinds {
		bar.label = doing + " " + kind.name
		next := kind.start(renew)
		for last := false; !last; {
			if err := ctx.Err(); err != nil {
				return tallies, err
			}
			tally, end, err := next(ctx)
			if err != nil {
				return tallies, err
			}
			tallies[i].Add(tally)
			rows, last = rows+tally.Rows, end
			if r.rows > 0 {
				bar.draw(int64(min(rows, r.rows)), int64(r.rows))
			} else {
				bar.count(int64(rows))
			}
		}
	}
	r.rows = rows
	return tallies, nil
}

// refuseUnknown is an error when rows are of a key that is not there.
func (r *rotation) refuseUnknown(found []secret.Tally, consequence string) error {
	var some []string
	for i, tally := range found {
		if tally.Unknown > 0 {
			some = append(some, fmt.Sprintf("%d %s", tally.Unknown, r.kinds[i].name))
		}
	}
	if some == nil {
		return nil
	}
	return fmt.Errorf("%s were written with a key that PURSE_SECRET_KEY does not have, so they cannot be read; %s. Give the key that is missing as the second one: the new key, a comma, that key", strings.Join(some, ", "), consequence)
}

// interrupted says how far it came, if it was the operator who stopped it.
func (r *rotation) interrupted(ctx context.Context, err error, done []secret.Tally) error {
	if ctx.Err() == nil {
		return err
	}
	renewed := 0
	for _, tally := range done {
		renewed += tally.Stale
	}
	return fmt.Errorf("interrupted after %d rows. Purse can go on serving with both keys; run this again to do the rest", renewed)
}

// report says what was done and what to do next: two tells of a second key, and
// replaced that the first one has taken its place.
func (r *rotation) report(done []secret.Tally, two, replaced bool) error {
	total := 0
	var lines strings.Builder
	for i, tally := range done {
		total += tally.Stale
		fmt.Fprintf(&lines, "%s: %d of %d re-encrypted\n", r.kinds[i].name, tally.Stale, tally.Rows)
	}
	switch {
	case total > 0:
		fmt.Fprintf(&lines, "%d rows were re-encrypted; everything is now under the first key of PURSE_SECRET_KEY.\n", total)
	default:
		fmt.Fprintln(&lines, "Nothing was left to do: everything is under the first key of PURSE_SECRET_KEY.")
	}
	switch {
	case two && !replaced:
		fmt.Fprintln(&lines, "That is the key which this database has had all along. To change it, restart Purse with the new key\nbefore it, and run this again.")
	case two:
		fmt.Fprintln(&lines, "Next: restart Purse with the first key alone, at once if the other key has leaked. With both,\ntokens that the other key has signed stay good until they end, after at most 30 days.\nKeep the other key as long as there are backups from before.")
	}
	_, err := io.WriteString(r.out, lines.String())
	return err
}

// beginRotation notes, before the first row is made anew, which key takes the
// place of which, and returns whether it has done so of any. What outlives the
// root key comes under the new one.
func beginRotation(tx store.Meta, root *secret.Root) (replaced bool, err error) {
	marks, err := readKeyMarks(tx)
	if err != nil {
		return false, err
	}
	checks := keyChecks(root)
	if err := marks.judge(checks); err != nil {
		return false, err
	}
	for _, older := range []string{marks.current, marks.next} {
		if older != "" && older != checks[0] && !slices.Contains(marks.retired, older) {
			marks.retired = append(marks.retired, older)
		}
	}
	failed := tx.SetMeta(metaRetired, strings.Join(marks.retired, " "))
	for _, label := range keptKeys {
		failed = errors.Join(failed, tx.SetMeta(metaKept+label, base64.StdEncoding.EncodeToString(root.Wrap(label))))
	}
	replaced = slices.ContainsFunc(checks[1:], func(check string) bool { return slices.Contains(marks.retired, check) })
	return replaced, failed
}

// endRotation makes the first key the database's only one.
func endRotation(tx store.Meta, root *secret.Root) error {
	marks, err := readKeyMarks(tx)
	if err != nil {
		return err
	}
	checks := keyChecks(root)
	if err := marks.judge(checks); err != nil {
		return err
	}
	return errors.Join(tx.SetMeta(metaKey, checks[0]), tx.SetMeta(metaNext, ""))
}
