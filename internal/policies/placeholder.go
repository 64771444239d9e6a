package policies

// This file has what stands in the place of a policy that was rolled back.

import (
	"bytes"
	"encoding/json"
)

// Placeholder is a valid policy that grants nothing, and takes nothing away:
// IAM has every policy say something, and a caller may ask who they are even
// where a policy denies it.
const Placeholder = `{"Version":"2012-10-17","Statement":[{"Sid":"RolledBackByThePolicyGuard","Effect":"Deny","Action":"sts:GetCallerIdentity","Resource":"*"}]}`

// Same tells whether two documents are the same but for blanks and the order of
// an object's members.
func Same(a, b string) bool {
	x, y := canonical(a), canonical(b)
	return x != nil && bytes.Equal(x, y)
}

// canonical is a document as it is compared, nil if it is no JSON. Of a member
// that is given twice the last one is compared.
func canonical(text string) []byte {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || decoder.More() {
		return nil
	}
	sorted, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return sorted
}
