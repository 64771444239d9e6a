package s3

// This file is texts in headers: metadata in the encoded words of RFC 2047, in which
// S3 takes and tells values that no header can have, and all else in ISO-8859-1.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata

import (
	"encoding/base64"
	"fmt"
	"mime"
	"regexp"
	"strings"
)

// decoded is a value of metadata without encoded words; one that cannot be decoded
// stays as it is. Bytes that are no text are replaced.
func decoded(value string) string {
	var words mime.WordDecoder
	text, err := words.DecodeHeader(inBase64.ReplaceAllStringFunc(value, mended))
	if err != nil {
		return value
	}
	return string([]rune(text))
}

var inBase64 = regexp.MustCompile(`(?i)=\?utf-8\?b\?[^?]*\?=`)

// mended is a word with its base64 as the standard has it. S3 reads what is not, too:
// it passes over what is no digit, and a = where none can be is a digit of ones
// (recorded in February 2026: =GGG stands for FC 61 86).
func mended(word string) string {
	start, end := strings.LastIndexByte(word[:len(word)-2], '?')+1, len(word)-2
	if _, err := base64.StdEncoding.DecodeString(word[start:end]); err == nil {
		return word
	}
	read, ok := leniently(word[start:end])
	if !ok {
		return word
	}
	return word[:start] + base64.StdEncoding.EncodeToString(read) + word[end:]
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// leniently reads four digits at a time, and not what breaks off within four.
func leniently(text string) (read []byte, ok bool) {
	var four []byte
	for i := range len(text) {
		if text[i] != '=' && strings.IndexByte(base64Digits, text[i]) < 0 {
			continue
		}
		if four = append(four, text[i]); len(four) < 4 {
			continue
		}
		bits := 0
		for _, digit := range four {
			bits = bits<<6 | strings.IndexByte(base64Digits, digit)&0x3f // -1, of =, is ones
		}
		three := []byte{byte(bits >> 16), byte(bits >> 8), byte(bits)}
		switch {
		case four[2] == '=':
			three = three[:1]
		case four[3] == '=':
			three = three[:2]
		}
		read, four = append(read, three...), four[:0]
	}
	return read, len(four) == 0
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

// fromLatin is the text of a header in ISO-8859-1.
func fromLatin(header string) string {
	text := make([]rune, len(header))
	for i := range text {
		text[i] = rune(header[i])
	}
	return string(text)
}

// inLatin is a text as a header in ISO-8859-1, with blanks for what it has not.
func inLatin(text string) (header string, whole bool) {
	raw, whole := make([]byte, 0, len(text)), true
	for _, r := range text {
		if r > 0xff {
			r, whole = ' ', false
		}
		raw = append(raw, byte(r))
	}
	return string(raw), whole
}
