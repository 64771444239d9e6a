// Package contenthash tells a repeated transaction from one that conflicts: by
// a hash of what it contains. split and accept compare it, format has it
// stored.
package contenthash

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Hash is equal for equal content of one contract.ContentVersion. The version
// is hashed too: content that is stored in another version is never taken for
// equal.
type Hash [sha256.Size]byte

// Of hashes a transaction's content: SHA-256 of its tree, in which each string
// has its length in bytes before it, so that no content can look like another.
func Of(content contract.Content) Hash {
	digest := sha256.New()
	w := bufio.NewWriterSize(digest, 1024) // a hash takes all writes
	fmt.Fprintf(w, "tradepost content %d\n", contract.ContentVersion)
	write(w, contract.Node{Attributes: content.Attributes, Children: content.Children})
	w.Flush()
	return Hash(digest.Sum(nil))
}

// write writes a node: its name, attributes and text, then how many children
// it has, and these.
func write(w io.Writer, n contract.Node) {
	fmt.Fprintf(w, "%d:%s%d:%s%d[", len(n.Name), n.Name, len(n.Text), n.Text, len(n.Attributes))
	for _, a := range n.Attributes {
		fmt.Fprintf(w, "%d:%s%d:%s", len(a.Name), a.Name, len(a.Text), a.Text)
	}
	fmt.Fprintf(w, "]%d{", len(n.Children))
	for _, child := range n.Children {
		write(w, child)
	}
	io.WriteString(w, "}")
}

// String is the hash as it is stored, in hexadecimal (contract.AttrContentHash).
func (h Hash) String() string { return hex.EncodeToString(h[:]) }
