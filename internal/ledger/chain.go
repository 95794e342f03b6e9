package ledger

import (
	"crypto/sha256"
	"encoding/binary"
)

// Hash links an account's entries: SHA-256 over the hash of the entry before
// and this entry. Changing any entry, or anything of the transfer that made
// it, breaks every hash after it.
type Hash [sha256.Size]byte

// digest is the SHA-256 of everything a transfer says about itself. Text is
// preceded by its length, so that no two transfers share an encoding.
func (t Transfer) digest() Hash {
	b := make([]byte, 0, 160+len(t.Meta))
	b = append(b, t.ID[:]...)
	b = append(b, t.Reverses[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(t.Actor))          // #nosec G115 -- the same 64 bits
	b = binary.BigEndian.AppendUint64(b, uint64(t.At.UnixMicro())) // #nosec G115 -- the same 64 bits
	b = binary.BigEndian.AppendUint32(b, uint32(len(t.Kind)))      // #nosec G115 -- bounded far below
	b = append(b, t.Kind...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(t.Meta))) // #nosec G115 -- bounded far below
	b = append(b, t.Meta...)
	return sha256.Sum256(b)
}

// chain is the hash of e after previous, in the transfer with that digest.
func (e Entry) chain(previous, transfer Hash) Hash {
	b := make([]byte, 0, 128)
	b = append(b, previous[:]...)
	b = append(b, transfer[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Account))              // #nosec G115 -- the same 64 bits
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))                  // #nosec G115 -- the same 64 bits
	b = binary.BigEndian.AppendUint64(b, uint64(e.Posting))              // #nosec G115 -- the same 64 bits
	b = binary.BigEndian.AppendUint64(b, uint64(e.Counter))              // #nosec G115 -- the same 64 bits
	b = binary.BigEndian.AppendUint64(b, uint64(e.Amount.Minor()))       // #nosec G115 -- the same 64 bits
	b = binary.BigEndian.AppendUint64(b, uint64(e.BalanceAfter.Minor())) // #nosec G115 -- the same 64 bits
	return sha256.Sum256(b)
}
