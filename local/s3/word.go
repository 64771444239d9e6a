package s3

// This file is metadata in the encoded words of RFC 2047, in which S3 takes and
// tells values that no header can have.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata

import (
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
)

// decoded is a value of metadata without encoded words; one that cannot be decoded
// stays as it is.
func decoded(value string) string {
	var words mime.WordDecoder
	text, err := words.DecodeHeader(value)
	if err != nil {
		return value
	}
	return text
}

// encoded is a value as a header can have it: in ASCII as it is, mostly ASCII with
// the rest in hexadecimal digits, otherwise in base64.
func encoded(value string) string {
	plain, other := 0, 0
	for _, r := range value {
		if r > '~' || r < ' ' && r != '\t' {
			other++
		} else {
			plain++
		}
	}
	switch {
	case other == 0:
		return value
	case other >= plain:
		return "=?UTF-8?B?" + base64.StdEncoding.EncodeToString([]byte(value)) + "?="
	}
	var word strings.Builder
	for i := range len(value) {
		switch c := value[i]; {
		case c == ' ':
			word.WriteByte('_')
		case c > '~' || c < ' ' || strings.IndexByte("=?_", c) >= 0:
			fmt.Fprintf(&word, "=%02X", c)
		default:
			word.WriteByte(c)
		}
	}
	return "=?UTF-8?Q?" + word.String() + "?="
}
