// This file reads and checks the two forms of a posted transaction.

package accept

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

const (
	fieldID      = "transactionId"
	fieldMessage = "transactionMessage"
)

// refusal is an error that the partner can mend.
type refusal struct {
	status  int
	message string
}

func (r refusal) Error() string { return r.message }

func badRequest(format string, arguments ...any) error {
	return refusal{http.StatusBadRequest, fmt.Sprintf(format, arguments...)}
}

func tooLarge() error {
	return refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("The transaction is too large; at most %d bytes are allowed.", contract.MaxBodyBytes)}
}

func conflict() error {
	return refusal{http.StatusConflict, "A transaction with this id is stored with other content; it was not overwritten. Send the change under a new id."}
}

// transaction is a posted transaction.
type transaction struct {
	id, message string
}

// parse takes the transaction from a JSON body, or from the query string when
// there is no body.
func parse(request events.APIGatewayProxyRequest) (transaction, error) {
	body := []byte(request.Body)
	if request.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(request.Body); err != nil {
			return transaction{}, badRequest("The body is not readable.")
		}
	}
	values, err := query(request)
	if err != nil {
		return transaction{}, err
	}
	switch {
	case len(body) > contract.MaxBodyBytes:
		return transaction{}, tooLarge()
	case len(body) > 0 && len(values) > 0:
		return transaction{}, badRequest("Send the transaction in the body or in the query string, not in both.")
	case len(body) > 0:
		if err := checkContentType(header(request, "Content-Type")); err != nil {
			return transaction{}, err
		}
		if values, err = decode(body); err != nil {
			return transaction{}, err
		}
	}
	return check(values)
}

// query returns the parameters of the query string, each of them once.
func query(request events.APIGatewayProxyRequest) (map[string]string, error) {
	values := make(map[string]string)
	for name, all := range request.MultiValueQueryStringParameters {
		if len(all) != 1 {
			return nil, badRequest("The parameter %q is given %d times.", name, len(all))
		}
		values[name] = all[0]
	}
	for name, value := range request.QueryStringParameters {
		values[name] = value // a hand-made test event may have this form only
	}
	return values, nil
}

func checkContentType(value string) error {
	mediaType, parameters, err := mime.ParseMediaType(value)
	charset, ok := parameters["charset"]
	if err != nil || mediaType != "application/json" || ok && !strings.EqualFold(charset, "utf-8") {
		return refusal{http.StatusUnsupportedMediaType, fmt.Sprintf("The content type %q is not supported; send application/json in UTF-8.", value)}
	}
	return nil
}

// decode reads a JSON object of strings. It is stricter than json.Unmarshal,
// which takes the last of two equal names, matches names in any case, and
// reads bad UTF-8 and unpaired surrogates as U+FFFD: each would store
// something else than what was sent.
func decode(body []byte) (map[string]string, error) {
	if !utf8.Valid(body) {
		return nil, badRequest("The body is not valid UTF-8.")
	}
	if !json.Valid(body) {
		return nil, badRequest("The body is not valid JSON%s.", position(body))
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, badRequest("The body must be a JSON object.")
	}
	values := make(map[string]string)
	replaced := -bytes.Count(body, []byte("\uFFFD")) - bytes.Count(bytes.ToLower(body), []byte(`\ufffd`))
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, badRequest("The body is not readable: %v.", err)
		}
		name, _ := token.(string)
		if _, twice := values[name]; twice {
			return nil, badRequest("The field %q is given twice.", name)
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, badRequest("The field %q is not readable: %v.", name, err)
		}
		text, ok := value.(string)
		if !ok {
			return nil, badRequest("The field %q must be a string.", name)
		}
		values[name] = text
		replaced += strings.Count(text, "\uFFFD")
	}
	if replaced > 0 {
		return nil, badRequest(`The body has a "\u" escape that is half of a surrogate pair.`)
	}
	return values, nil
}

// position says where invalid JSON goes wrong.
func position(body []byte) string {
	var value json.RawMessage
	err := json.Unmarshal(body, &value)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf(": %v, at byte %d", syntax, syntax.Offset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return ": it ends too early"
	}
	return ""
}

// check makes a transaction of the given fields: both of them, no other.
func check(values map[string]string) (transaction, error) {
	for name := range values {
		if name != fieldID && name != fieldMessage {
			return transaction{}, badRequest("The field %q is unknown; the fields are %s and %s.", name, fieldID, fieldMessage)
		}
	}
	for _, name := range []string{fieldID, fieldMessage} {
		value, ok := values[name]
		if !ok {
			return transaction{}, badRequest("The field %q is missing.", name)
		}
		if i := strings.IndexFunc(value, unstorable); i >= 0 {
			r, _ := utf8.DecodeRuneInString(value[i:])
			return transaction{}, badRequest("The field %q has the character %U, which is not allowed.", name, r)
		}
	}
	t := transaction{values[fieldID], values[fieldMessage]}
	if _, message := contract.CheckTransactionID([]byte(t.id)); message != "" {
		return transaction{}, badRequest("The field %q is not usable. %s", fieldID, message)
	}
	return t, nil
}

// unstorable reports the characters that XML has no place for, and SQS none
// in a message: posted transactions have the same alphabet as those in files.
func unstorable(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

// header finds a header by its name in any case; HTTP/2 clients send lower case.
func header(request events.APIGatewayProxyRequest, name string) string {
	for key, value := range request.Headers {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}
