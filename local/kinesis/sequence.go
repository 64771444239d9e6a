package kinesis

// This file is sequence numbers. They have the form of AWS's, of which clients
// know only that they are decimal and rise within a shard: 47 hexadecimal digits
// with the second in which the shard was made, the record's place in the shard,
// the second in which it came, and the shard.

import (
	"fmt"
	"math/big"
	"strconv"
	"time"
)

// sequence is what a sequence number says.
type sequence struct {
	created int64 // the shard's, in seconds
	shard   int
	place   uint64 // of the record in the shard, from 1 on; 0 is the shard's beginning
	arrived int64  // in seconds
}

const sequenceDigits = 47

// String writes the decimal number.
func (s sequence) String() string {
	digits := fmt.Sprintf("2%09x%x%016x00%09x%08x2", s.created, s.shard&0xf, s.place, s.arrived, s.shard)
	n, ok := new(big.Int).SetString(digits, 16)
	if !ok {
		panic("kinesis: sequence number " + digits) // all of it is hexadecimal
	}
	return n.String()
}

// parseSequence reads a number that String may have written.
func parseSequence(text string) (s sequence, ok bool) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || n.Sign() <= 0 || text[0] == '+' {
		return sequence{}, false
	}
	digits := n.Text(16)
	if len(digits) != sequenceDigits || digits[0] != '2' || digits[sequenceDigits-1] != '2' {
		return sequence{}, false
	}
	part := func(from, to int) uint64 {
		value, err := strconv.ParseUint(digits[from:to], 16, 64)
		ok = ok && err == nil
		return value
	}
	s = sequence{created: int64(part(1, 10)), place: part(11, 27), arrived: int64(part(29, 38)), shard: int(part(38, 46))}
	return s, ok
}

// beginning is the number that a shard starts with, before its first record.
func beginning(shard int, created time.Time) sequence {
	return sequence{created: created.Unix(), shard: shard, arrived: created.Unix()}
}
