package postgres

import (
	"bytes"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/fault"
	"purse/internal/ledger"
)

// Append writes what the ledger has decided: one statement for each table, in
// one round trip; in a batch of transfers it is the one that commits.
func (tx *Tx) Append(changes ledger.Changes) error {
	b := tx.pending
	if b == nil {
		b = &pgx.Batch{}
	}
	queueAccounts(b, changes.Accounts)
	queueTransfers(b, changes.Transfers)
	queueKeys(b, changes.Keys, tx.now)
	for _, h := range changes.Holds {
		putHold(b, h)
	}
	if tx.pending != nil || b.Len() == 0 {
		return nil
	}
	return tx.failed(tx.conn.SendBatch(tx.ctx, b).Close())
}

func queueAccounts(b *pgx.Batch, accounts []ledger.Account) {
	n := len(accounts)
	if n == 0 {
		return
	}
	ids, balances, held, statuses := make([]int64, n), make([]int64, n), make([]int64, n), make([]string, n)
	entries, last, hashes := make([]int64, n), make([]int64, n), make([][]byte, n)
	for i := range accounts {
		a := &accounts[i]
		ids[i], balances[i], held[i], statuses[i] = int64(a.ID), a.Balance.Minor(), a.Held.Minor(), string(a.Status)
		entries[i], last[i], hashes[i] = a.Entries, int64(a.LastEntry), a.LastHash[:]
	}
	b.Queue(`UPDATE accounts AS a
		SET balance = n.balance, held = n.held, status = n.status, entries = n.entries, last_entry_id = n.last_entry_id, last_hash = n.last_hash
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[])
			AS n (id, balance, held, status, entries, last_entry_id, last_hash)
		WHERE a.id = n.id`, ids, balances, held, statuses, entries, last, hashes)
}

func queueTransfers(b *pgx.Batch, transfers []ledger.Transfer) {
	n := len(transfers)
	if n == 0 {
		return
	}
	ids, kinds, actors, metas, times := make([][16]byte, n), make([]string, n), make([]int64, n), make([]string, n), make([]time.Time, n)
	reversals, firsts, counts := make([]*[16]byte, n), make([]int64, n), make([]int32, n)
	total := 0
	for i := range transfers {
		t := &transfers[i]
		ids[i], kinds[i], actors[i], metas[i], times[i] = t.ID, string(t.Kind), int64(t.Actor), t.Meta, t.At
		firsts[i], counts[i] = int64(t.Entries[0].ID), int32(len(t.Entries)) // #nosec G115 -- two for each of a request's few postings
		if !t.Reverses.IsZero() {
			reversals[i] = (*[16]byte)(&t.Reverses)
		}
		total += len(t.Entries)
	}
	b.Queue(`INSERT INTO transfers (id, kind, actor_id, meta, at, reverses, first_entry_id, entry_count)
		SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[], $6::uuid[], $7::bigint[], $8::integer[])`,
		ids, kinds, actors, metas, times, reversals, firsts, counts)
	queueEntries(b, transfers, total)
}

func queueEntries(b *pgx.Batch, transfers []ledger.Transfer, n int) {
	ids, transferIDs, postings := make([]int64, 0, n), make([][16]byte, 0, n), make([]int32, 0, n)
	accounts, counters, amounts, after := make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n), make([]int64, 0, n)
	seqs, previous, hashes := make([]int64, 0, n), make([]int64, 0, n), make([][]byte, 0, n)
	for i := range transfers {
		for j := range transfers[i].Entries {
			e := &transfers[i].Entries[j]
			ids, transferIDs, postings = append(ids, int64(e.ID)), append(transferIDs, e.Transfer), append(postings, int32(e.Posting)) // #nosec G115 -- counted from 0 in one transfer
			accounts, counters = append(accounts, int64(e.Account)), append(counters, int64(e.Counter))
			amounts, after = append(amounts, e.Amount.Minor()), append(after, e.BalanceAfter.Minor())
			seqs, previous, hashes = append(seqs, e.Seq), append(previous, int64(e.Previous)), append(hashes, e.Hash[:])
		}
	}
	b.Queue(`INSERT INTO entries (id, transfer_id, posting, account_id, counter_id, amount, balance_after, seq, previous_id, hash)
		SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[])`,
		ids, transferIDs, postings, accounts, counters, amounts, after, seqs, previous, hashes)
}

// queueKeys writes records of keys. A record that is there may have expired, and
// goes; one that lives was made by another unit just now, and the violation of
// the primary key makes this one run again (see repeatable). They are written
// in one order, so that two units never wait for each other here.
func queueKeys(b *pgx.Batch, records []ledger.KeyRecord, now time.Time) {
	n := len(records)
	if n == 0 {
		return
	}
	records = slices.Clone(records)
	slices.SortFunc(records, func(a, b ledger.KeyRecord) int {
		return bytes.Compare(name(a.Scope, a.Value), name(b.Scope, b.Value))
	})
	names := make([]ledger.KeyName, n)
	fingerprints, refs, refusals, expiries := make([][]byte, n), make([]string, n), make([]string, n), make([]time.Time, n)
	for i := range records {
		k := &records[i]
		names[i], fingerprints[i], refs[i], refusals[i], expiries[i] = k.KeyName, k.Fingerprint[:], k.Ref, string(k.Refusal), k.ExpiresAt
	}
	scopes, values := keyColumns(names)
	b.Queue(`DELETE FROM idempotency_keys AS k USING unnest($1::text[], $2::bytea[]) AS n (scope, value)
		WHERE k.scope = n.scope AND k.value = n.value AND k.expires_at <= $3`, scopes, values, now)
	b.Queue(`INSERT INTO idempotency_keys (scope, value, fingerprint, ref, refusal, expires_at)
		SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::timestamptz[])`,
		scopes, values, fingerprints, refs, refusals, expiries)
}

// keyColumns are names of keys as the statements take them.
func keyColumns(names []ledger.KeyName) (scopes []string, values [][]byte) {
	for _, n := range names {
		scopes, values = append(scopes, n.Scope), append(values, []byte(n.Value))
	}
	return scopes, values
}

const findKeys = `SELECT k.scope, k.value, k.fingerprint, k.ref, k.refusal, k.expires_at
	FROM unnest($1::text[], $2::bytea[]) AS n (scope, value) JOIN idempotency_keys AS k ON k.scope = n.scope AND k.value = n.value`

// Keys reads the live records of keys. An Update keeps others from these keys
// until it ends, also where there is no record yet. A batch of transfers does
// not: callers with the same key have the same accounts, which it has locked,
// and others are found out when the record is written.
func (tx *Tx) Keys(names []ledger.KeyName) ([]ledger.KeyRecord, error) {
	if tx.ahead != nil && slices.Equal(names, tx.ahead.names) {
		return tx.ahead.keys, nil
	}
	locks := make([][]byte, len(names))
	for i, n := range names {
		locks[i] = name("key", n.Scope, n.Value)
	}
	if err := tx.lock(locks...); err != nil {
		return nil, err
	}
	scopes, values := keyColumns(names)
	rows, err := tx.conn.Query(tx.ctx, findKeys, scopes, values)
	if err != nil {
		return nil, tx.failed(err)
	}
	return tx.readKeys(rows)
}

// readKeys reads what findKeys finds, without what has expired.
func (tx *Tx) readKeys(rows pgx.Rows) (records []ledger.KeyRecord, err error) {
	err = tx.drain(rows, func(row pgx.Rows) error {
		var r ledger.KeyRecord
		var value []byte
		var refusal string
		if err := row.Scan(&r.Scope, &value, fixed(r.Fingerprint[:]), &r.Ref, &refusal, &r.ExpiresAt); err != nil {
			return err
		}
		r.Value, r.Refusal = string(value), fault.Code(refusal)
		if r.ExpiresAt.After(tx.now) {
			records = append(records, r)
		}
		return nil
	})
	return records, err
}

// DeleteKeys removes expired records.
func (tx *Tx) DeleteKeys(limit int) (int, error) {
	return tx.changed(`DELETE FROM idempotency_keys WHERE (scope, value) IN (
		SELECT scope, value FROM idempotency_keys WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`, tx.now, limit)
}
