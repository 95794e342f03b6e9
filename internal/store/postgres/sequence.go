package postgres

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
)

// block is a run of ids that nobody else has: from next up to, not including, end.
type block struct{ next, end int64 }

// take gives n consecutive ids, all above floor, if the block has so many.
func (b *block) take(n, floor int64) (first int64, ok bool) {
	b.next = max(b.next, floor+1)
	if b.end-b.next < n {
		return 0, false
	}
	first = b.next
	b.next += n
	return first, true
}

// sequence gives ids of one kind, growing, out of blocks that it takes from the
// database, each in a transaction of its own. Ids of a block that is not used
// up when Purse ends are never used.
type sequence struct {
	name string
	size int64
	pool *pgxpool.Pool

	fetching sync.Mutex // held while a block is taken from the database, never by who is in a transaction
	mutex    sync.Mutex // of the block; never held while the database is asked
	block    block
}

// advance takes the next ids of a sequence; the first of them is what it returns.
const advance = `INSERT INTO sequences AS s (name, next) VALUES ($1, 1 + $2::bigint)
	ON CONFLICT (name) DO UPDATE SET next = s.next + $2 RETURNING next - $2`

// reserve makes sure that n ids are at hand. It takes a connection, so it must
// not be called inside a transaction. It may have to wait for a transaction that
// has taken a block itself (newIDs); whoever takes ids that are at hand does not
// wait with it, for that transaction may need a row that they have locked.
func (q *sequence) reserve(ctx context.Context, n int64) error {
	if q.has(n) {
		return nil
	}
	q.fetching.Lock()
	defer q.fetching.Unlock()
	if q.has(n) {
		return nil
	}
	size := max(q.size, n)
	var first int64
	if err := q.pool.QueryRow(ctx, advance, q.name, size).Scan(&first); err != nil {
		return err
	}
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.block = block{first, first + size}
	return nil
}

// has reports whether n ids are at hand.
func (q *sequence) has(n int64) bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return q.block.end-q.block.next >= n
}

// take gives n consecutive ids above floor, if there are so many at hand.
func (q *sequence) take(n, floor int64) (first int64, ok bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return q.block.take(n, floor)
}
