package console

// This file shows an item, puts and deletes it.

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is one of a table.
type item map[string]types.AttributeValue

// typed is an item as DynamoDB writes it, {"id": {"S": "1"}}, which keeps types and
// the text of numbers. Its members are sorted, as nobody knows their order any more.
func typed(i item) string {
	var sorted map[string]any
	text, err := attributevalue.MarshalMapJSON(i)
	if err == nil {
		err = json.Unmarshal(text, &sorted)
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // which the page does
	if err = errors.Join(err, encoder.Encode(sorted)); err != nil {
		panic(err) // of what DynamoDB has told
	}
	return strings.TrimSpace(b.String())
}

// itemOf reads what typed has written, or a person.
func itemOf(text string) (item, error) {
	i, err := attributevalue.UnmarshalMapJSON([]byte(text))
	if err != nil {
		return nil, &Fault{http.StatusBadRequest, fmt.Sprintf(`This is no item as DynamoDB writes it, {"id": {"S": "1"}, "pieces": {"N": "2"}}: %v.`, err)}
	}
	return i, nil
}

// value is a key's as a form has it.
func (t table) value(key types.KeySchemaElement, text string) (types.AttributeValue, error) {
	switch t.TypeOf(key.AttributeName) {
	case types.ScalarAttributeTypeN:
		return &types.AttributeValueMemberN{Value: text}, nil
	case types.ScalarAttributeTypeB:
		content, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, &Fault{http.StatusBadRequest, fmt.Sprintf("%s is binary, and %q no base64.", *key.AttributeName, text)}
		}
		return &types.AttributeValueMemberB{Value: content}, nil
	}
	return &types.AttributeValueMemberS{Value: text}, nil
}

// longest is how much of a value a list shows, in characters.
const longest = 120

// Short is an attribute's value as a list shows it.
func (i item) Short(attribute string) string {
	var text string
	switch v := i[attribute].(type) {
	case nil:
		return ""
	case *types.AttributeValueMemberS:
		text = v.Value
	case *types.AttributeValueMemberN:
		text = v.Value
	case *types.AttributeValueMemberBOOL:
		text = strconv.FormatBool(v.Value)
	default:
		text = strings.TrimSuffix(strings.TrimPrefix(typed(item{"": v}), `{"":`), "}")
	}
	return shortened(text)
}

// shortened is what a text begins with.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "..."
	}
	return text
}

// ItemPage is the address of the page of a table's item, by its key.
func ItemPage(table string, key map[string]types.AttributeValue) string {
	return addressOf(table, "item", key)
}

// itemView is the page of an item.
type itemView struct {
	table
	Item    item   // empty: a new one
	Expires string // by the time to live, or empty
}

// Typed is the item as DynamoDB writes it.
func (v itemView) Typed() string { return indented(typed(v.Item)) }

// CausesAt is the address of what caused it.
func (v itemView) CausesAt() string { return ItemCauses(v.Name(), v.keyOf(v.Item)) }

// DeleteAt is the address of the page that asks whether it is to be deleted.
func (v itemView) DeleteAt() string { return v.address("delete", v.Item) }

// item reads the one whose key a request's address has.
func (c *console) item(r *http.Request, t table) (item, error) {
	key, err := itemOf(r.URL.Query().Get("key"))
	if err != nil {
		return nil, err
	}
	got, err := c.tables.GetItem(r.Context(), &dynamodb.GetItemInput{TableName: t.TableName, Key: key, ConsistentRead: aws.Bool(momentOf(r.Context()).IsZero())})
	if err != nil {
		return nil, err
	}
	if got.Item == nil {
		return nil, &absence{&Fault{http.StatusNotFound, "There is no item with the key " + typed(key) + "."}, c.deletedAt(r.Context(), t.Name(), key)}
	}
	return got.Item, nil
}

func (c *console) itemPage(r *http.Request) (View, error) {
	t, err := c.table(r)
	if err != nil {
		return View{}, err
	}
	v := itemView{table: t}
	if v.Item, err = c.item(r, t); err != nil {
		return View{}, err
	}
	ttl, err := c.timeToLive(r, t)
	if err != nil {
		return View{}, err
	}
	if at, ok := v.Item[ttl].(*types.AttributeValueMemberN); ok {
		if seconds, err := strconv.ParseInt(at.Value, 10, 64); err == nil {
			v.Expires = showTime(time.Unix(seconds, 0))
		}
	}
	var names []string
	for _, k := range t.KeySchema {
		names = append(names, v.Item.Short(*k.AttributeName))
	}
	return View{strings.Join(names, ", "), "item.html", v}, nil
}

// newItem is the form of an item that there is not yet.
func (c *console) newItem(r *http.Request) (View, error) {
	t, err := c.table(r)
	if err != nil {
		return View{}, err
	}
	v := itemView{table: t, Item: item{}}
	for _, k := range t.KeySchema {
		v.Item[*k.AttributeName], err = t.value(k, map[bool]string{true: "0", false: ""}[t.TypeOf(k.AttributeName) == types.ScalarAttributeTypeN])
		if err != nil {
			return View{}, err
		}
	}
	return View{"New item of " + t.Name(), "newitem.html", v}, nil
}

// Conditions on which an item is put.
const (
	asShown  = "as shown" // all attributes that were shown are as they were
	absent   = "absent"
	whatever = "whatever"
)

// unchanged is the condition that what was shown is still so: each attribute of it.
// No expression asks whether there are others.
func unchanged(shown item) (expression *string, names map[string]string, values item) {
	var parts []string
	names, values = map[string]string{}, item{}
	for i, name := range slices.Sorted(maps.Keys(shown)) {
		n, v := fmt.Sprintf("#a%d", i), fmt.Sprintf(":v%d", i)
		names[n], values[v] = name, shown[name]
		parts = append(parts, n+" = "+v)
	}
	return aws.String(strings.Join(parts, " AND ")), names, values
}

func (c *console) putItem(r *http.Request) (string, error) {
	fields, err := Form(r)
	if err != nil {
		return "", err
	}
	t, err := c.table(r)
	if err != nil {
		return "", err
	}
	in := &dynamodb.PutItemInput{TableName: t.TableName}
	put, err := itemOf(fields.Get("item"))
	if err != nil {
		return "", err
	}
	in.Item = put
	switch fields.Get("condition") {
	case asShown:
		shown, err := itemOf(fields.Get("shown"))
		if err != nil {
			return "", err
		}
		in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues = unchanged(shown)
	case absent:
		in.ConditionExpression, in.ExpressionAttributeNames = aws.String("attribute_not_exists(#k)"), map[string]string{"#k": *t.KeySchema[0].AttributeName}
	case whatever:
	default:
		return "", &Fault{http.StatusBadRequest, "The form says on which condition the item is put."}
	}
	if _, err = c.tables.PutItem(r.Context(), in); err != nil {
		return "", conditional(err)
	}
	return t.address("item", put) + "&done=put", nil
}

// conditional tells in the console's words that a condition does not hold.
func conditional(err error) error {
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return &Fault{http.StatusConflict, "Nothing is done: the condition does not hold any more. Somebody has put, changed or deleted the item meanwhile, or its key was edited."}
	}
	return err
}

func (c *console) askDeleteItem(r *http.Request) (View, error) {
	t, err := c.table(r)
	if err != nil {
		return View{}, err
	}
	shown, err := c.item(r, t)
	if err != nil {
		return View{}, err
	}
	return View{"Delete the item?", "confirm.html", confirmation{
		Text:   "It will be deleted from " + t.Name() + " if all attributes that are shown are still so. Nothing brings it back.",
		Button: "Delete", Back: t.address("item", shown), Shown: indented(typed(shown)),
	}}, nil
}

func (c *console) deleteItem(r *http.Request) (string, error) {
	fields, err := Form(r)
	if err != nil {
		return "", err
	}
	t, err := c.table(r)
	if err != nil {
		return "", err
	}
	shown, err := itemOf(fields.Get("shown"))
	if err != nil {
		return "", err
	}
	in := &dynamodb.DeleteItemInput{TableName: t.TableName, Key: t.keyOf(shown)}
	in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues = unchanged(shown)
	_, err = c.tables.DeleteItem(r.Context(), in)
	return tablePage(t.Name()) + "?" + url.Values{"done": {"deleted"}}.Encode(), conditional(err)
}
