package b2b_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
)

// What is wrong with props is said at once, before anything is declared.
func ExampleParsePartners() {
	_, err := b2b.ParsePartners([]byte(`{"partners": [{"id": "Initech", "contactEmail": "edi@initech.example"}]}`))
	fmt.Println(err)
	// Output:
	// partners[0] (Initech): id is "Initech": give 3 to 31 characters a-z, 0-9 and -, the first one a letter
}
