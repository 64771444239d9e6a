// This file finds the ids that a file repeats, and decides what becomes of the
// records after the first.

package split

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/contenthash"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// idDigest stands for a transaction id in 16 bytes, however long it is, so
// that those of 500,000 records take 8 MB.
type idDigest [16]byte

func digestID(r *batch.Record) idDigest {
	sum := sha256.Sum256(r.TransactionIDBytes())
	return idDigest(sum[:16])
}

func compareDigests(a, b idDigest) int { return bytes.Compare(a[:], b[:]) }

// repeats sorts ids in place and returns, each once and in order, those that
// occur several times.
func repeats(ids []idDigest) []idDigest {
	slices.SortFunc(ids, compareDigests)
	var repeated []idDigest
	for i := 1; i < len(ids); i++ {
		again := ids[i] == ids[i-1]
		if known := i > 1 && ids[i-1] == ids[i-2]; again && !known {
			repeated = append(repeated, ids[i])
		}
	}
	return repeated
}

// firsts remembers the first good record of each repeated id.
type firsts struct {
	ids     []idDigest // in order
	records []first    // by place in ids
}

type first struct {
	ordinal int // 0 before it is found
	content contenthash.Hash
}

func newFirsts(repeated []idDigest) firsts {
	return firsts{ids: repeated, records: make([]first, len(repeated))}
}

// judge takes a good record, in the order of ordinals, and returns what becomes
// of it: nil if it is to be processed, because its id occurs once or is seen
// for the first time.
func (f *firsts) judge(r *batch.Record, of contract.Content) *verdict {
	if len(f.ids) == 0 {
		return nil
	}
	place, repeated := slices.BinarySearchFunc(f.ids, digestID(r), compareDigests)
	if !repeated {
		return nil
	}
	content := contenthash.Of(of)
	switch first := &f.records[place]; {
	case first.ordinal == 0:
		first.ordinal, first.content = r.Ordinal, content
		return nil
	case first.content == content:
		return &verdict{contract.Duplicate, contract.CodeDuplicate,
			fmt.Sprintf("Record %d of this file has the same id and the same content; only that one counts.", first.ordinal)}
	default:
		return &verdict{contract.Rejected, contract.CodeContentConflict,
			fmt.Sprintf("Record %d of this file has the same id with other content; only that one counts. Send the change under a new id.", first.ordinal)}
	}
}
