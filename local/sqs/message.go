package sqs

// This file is a message: its attributes, their limits, and its digests.

import (
	"container/list"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// message is what a queue keeps. The fields up to sequence never change; the
// others belong to the queue that holds the message, under its lock.
type message struct {
	id               string
	body             string
	attributes       map[string]attribute
	md5OfAttributes  string
	systemAttributes map[string]attribute
	sender           string
	sent             time.Time
	cause            *cloud.Cause // of its being here
	groupID          string
	deduplicationID  string // of a FIFO queue, as the next
	sequence         string

	deadLetterSource string    // ARN of the queue that gave the message up
	arrived          time.Time // in this queue
	receivesBefore   int       // in the queue that gave it up
	lastReceived     time.Time

	standing
	order       int // of arrival in this queue
	expires     time.Time
	hiddenIndex int           // in queue.hidden
	expiryIndex int           // in queue.expiry
	place       *list.Element // in queue.line
}

// standing is how a message is in its queue: what is known of it in the past, too.
type standing struct {
	state         state
	hiddenUntil   time.Time // if it is hidden
	receives      int
	firstReceived time.Time
}

// heldBy tells whether the message is hidden since the receive of a receipt.
func (m *message) heldBy(r receipt) bool { return m.state == inFlight && m.receives == r.receive }

func sortBySent(messages []*message) {
	slices.SortFunc(messages, func(a, b *message) int { return a.sent.Compare(b.sent) })
}

// attribute is a message attribute in the API's shape.
type attribute struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

const maxAttributes = 10

func checkAttributes(attributes map[string]attribute) error {
	if len(attributes) > maxAttributes {
		return invalid("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(attributes), maxAttributes)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := checkAttribute(name, attributes[name]); err != nil {
			return err
		}
	}
	return nil
}

func checkAttribute(name string, a attribute) error {
	if !validAttributeName(name) {
		return invalid("The message attribute name %q is invalid: it may have up to 256 letters, digits, underscore, hyphen and period, no period at either end or after another, and no prefix AWS. or Amazon.", name)
	}
	if len(a.DataType) > 256 {
		return invalid("Length of message attribute type must be less than 256 bytes.")
	}
	kind, _, _ := strings.Cut(a.DataType, ".")
	switch kind {
	case "String", "Number":
		if a.StringValue == nil || *a.StringValue == "" {
			return invalid("Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, kind)
		}
		if bad, found := unsendable(*a.StringValue); found {
			return invalid("Invalid binary character '#x%X' was found in the message attribute '%s', "+allowedCharacters, bad, name)
		}
	case "Binary":
		if len(a.BinaryValue) == 0 {
			return invalid("Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, kind)
		}
	default:
		return invalid("The message attribute '%s' has an invalid message attribute type %q: the supported types are Binary, Number and String.", name, a.DataType)
	}
	if kind == "Number" {
		if _, err := strconv.ParseFloat(*a.StringValue, 64); err != nil {
			return invalid("Can't cast the value of message attribute '%s' to a number.", name)
		}
	}
	return nil
}

func validAttributeName(name string) bool {
	if name == "" || len(name) > 256 || strings.Trim(name, ".") != name || strings.Contains(name, "..") {
		return false
	}
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon.") {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.", r)
	}) < 0
}

const traceHeader = "AWSTraceHeader"

// checkSystemAttributes accepts the one attribute that a sender may set.
func checkSystemAttributes(attributes map[string]attribute) error {
	for name, a := range attributes {
		if name != traceHeader || a.DataType != "String" || a.StringValue == nil {
			return invalid("The message system attribute %q is invalid: only AWSTraceHeader of type String can be sent.", name)
		}
	}
	return nil
}

const allowedCharacters = "the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]."

// unsendable finds a character that SQS does not take: those that XML 1.0
// cannot carry.
func unsendable(text string) (rune, bool) {
	for i, r := range text {
		switch {
		case r >= ' ' && r < 0xfffe && r != utf8.RuneError, r == '\t', r == '\n', r == '\r', r >= 0x10000:
		case r == utf8.RuneError && strings.HasPrefix(text[i:], string(utf8.RuneError)):
		default:
			return r, true
		}
	}
	return 0, false
}

// size is what counts against the limits: body, and each attribute's name,
// type and value.
func size(body string, attributes map[string]attribute) int {
	n := len(body)
	for name, a := range attributes {
		n += len(name) + len(a.DataType) + len(a.BinaryValue)
		if a.StringValue != nil {
			n += len(*a.StringValue)
		}
	}
	return n
}

func digest(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

// digestAttributes is the MD5 that SDKs check, over the attributes in the
// order of their names: each field with its length before it. It is empty
// where there is no attribute.
func digestAttributes(attributes map[string]attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	const transportString, transportBinary = 1, 2
	sum := md5.New()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		writeField(sum, []byte(name))
		writeField(sum, []byte(a.DataType))
		if strings.HasPrefix(a.DataType, "Binary") {
			sum.Write([]byte{transportBinary})
			writeField(sum, a.BinaryValue)
		} else {
			sum.Write([]byte{transportString})
			writeField(sum, []byte(*a.StringValue))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func writeField(sum hash.Hash, field []byte) {
	sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(field))))
	sum.Write(field)
}

// receipt is what a receipt handle says: one receive of one message.
type receipt struct {
	queue   string
	message string
	receive int // counted from 1 over the message's life
}

func (r receipt) handle() string {
	return base64.StdEncoding.EncodeToString([]byte(r.queue + "/" + r.message + "/" + strconv.Itoa(r.receive)))
}

func parseHandle(handle string) (receipt, error) {
	text, err := base64.StdEncoding.DecodeString(handle)
	if err != nil {
		return receipt{}, invalidHandle(handle)
	}
	parts := strings.Split(string(text), "/")
	if len(parts) != 3 {
		return receipt{}, invalidHandle(handle)
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil {
		return receipt{}, invalidHandle(handle)
	}
	return receipt{queue: parts[0], message: parts[1], receive: n}, nil
}
