package opennewaccount

// This file makes account numbers.

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// accounts is how many numbers there are: twelve digits.
const accounts = 1_000_000_000_000

// Number is an account number: twelve digits, and two that check them as those
// of an IBAN do (ISO 7064, MOD 97-10), so that whoever types a wrong digit or
// swaps two is told. It is the same for the same application and try, and says
// nothing about the applicant.
func Number(applicationID string, try int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "tradepost account %d\n%s", try, applicationID))
	n := binary.BigEndian.Uint64(sum[:8]) % accounts
	return fmt.Sprintf("%012d%02d", n, 98-n*100%97)
}
