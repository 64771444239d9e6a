// Package native holds what both query languages of Step Functions offer beyond their specifications: digests,
// identifiers and seeded random numbers; and how both round.
package native

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"strings"
	"unicode/utf16"
)

var algorithms = map[string]func() hash.Hash{
	"MD5":     md5.New,
	"SHA-1":   sha1.New,
	"SHA-256": sha256.New,
	"SHA-384": sha512.New384,
	"SHA-512": sha512.New,
}

// Hash is the digest of a text as lower-case hexadecimal digits; false for an unknown algorithm.
func Hash(text, algorithm string) (string, bool) {
	newHash, ok := algorithms[algorithm]
	if !ok {
		return "", false
	}
	h := newHash()
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)), true
}

// Base64Encode encodes a text each of whose characters is a byte, as JavaScript's binary strings are. Of
// other characters it takes the low byte of each UTF-16 unit, as the reference implementation does in Node.
func Base64Encode(text string) string {
	units := utf16.Encode([]rune(text))
	bytes := make([]byte, len(units))
	for i, unit := range units {
		bytes[i] = byte(unit)
	}
	return base64.StdEncoding.EncodeToString(bytes)
}

// Base64Decode is the opposite of Base64Encode. Like Node it takes both alphabets, passes over what is of
// neither, and ends where the padding begins.
func Base64Decode(text string) string {
	text, _, _ = strings.Cut(text, "=")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '-':
			return '+'
		case r == '_':
			return '/'
		case r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/':
			return r
		}
		return -1
	}, text)
	if len(text)%4 == 1 {
		text = text[:len(text)-1] // half a byte
	}
	bytes, _ := base64.RawStdEncoding.DecodeString(text) // the alphabet is right, and bits left over do not matter
	runes := make([]rune, len(bytes))
	for i, b := range bytes {
		runes[i] = rune(b)
	}
	return string(runes)
}

// UUID is a random identifier of version 4.
func UUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// SeededRandom is a number in [0, 1) that the seed alone determines: the first nextDouble of Java's
// documented generator. AWS promises the same number for the same seed, not which one.
func SeededRandom(seed int64) float64 {
	const multiplier, mask = 0x5DEECE66D, 1<<48 - 1
	state := (uint64(seed) ^ multiplier) & mask
	next := func(bits uint) uint64 {
		state = (state*multiplier + 0xB) & mask
		return state >> (48 - bits)
	}
	high := next(26) << 27
	return float64(high+next(27)) / (1 << 53)
}

// RoundHalfUp is JavaScript's Math.round: halves go up, -1.5 to -1.
func RoundHalfUp(f float64) float64 {
	floor := math.Floor(f)
	if f-floor >= 0.5 {
		return floor + 1
	}
	return floor
}
