package console_test

// This file uses the pages of tables as a person does.

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

// stock fills the table with so many items of a shop, of which each has a number and
// the color red or blue.
func (d *desk) stock(t *testing.T, shop string, many int) {
	t.Helper()
	client := dynamodb.NewFromConfig(d.aws)
	for i := range many {
		color := []string{"red", "blue"}[i%2]
		if _, err := client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: d.table(), Item: map[string]types.AttributeValue{
			"shop": &types.AttributeValueMemberS{Value: shop}, "number": &types.AttributeValueMemberN{Value: fmt.Sprint(i)},
			"color": &types.AttributeValueMemberS{Value: color}, "until": &types.AttributeValueMemberN{Value: "4102444800"},
			"big": &types.AttributeValueMemberN{Value: "12345678901234567890"},
		}}); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *desk) table() *string {
	name := "Stock"
	return &name
}

func tables(t *testing.T, d *desk, tab *browser.Tab) {
	d.stock(t, "north", 70)
	tab.Open(d.url + "tables")
	tab.Shows("Stock", "70", "shop, number", "1", "ACTIVE")
	tab.Follow("Stock")
	tab.Shows("on demand", "by the attribute until", "ByColor", "global", "color, number", "50 shown; go on")
	tab.Follow("go on")
	tab.Shows("20 shown; there are no more")

	tab.Fill("shop is", "north")
	tab.Run(`document.querySelector("#condition").value = "between"`)
	tab.Fill("Value", "9")
	tab.Fill("And, for between", "11")
	tab.Run(`document.querySelector("#backwards").checked = true`)
	tab.Submit("Show")
	if got := column(tab, "items", 1); got != "11 10 9" {
		t.Errorf("between 9 and 11, the last ones first, are %q", got)
	}
	tab.Readable()
	tab.Document("table", 1250)
	tab.Open(d.url + "tables/Stock?index=ByColor&partition=blue&condition=at+least&sort=67")
	if got := column(tab, "items", 1); got != "67 69" {
		t.Errorf("blue ones from 67 on are %q", got)
	}
	if status := tab.Open(d.url + "tables/Stock?partition=north&sort=many"); status != http.StatusBadRequest {
		t.Errorf("a number that is none is answered with %d", status)
	}
	tab.Shows("ValidationException")
	if status := tab.Open(d.url + "tables/None"); status != http.StatusNotFound {
		t.Errorf("a table that is not there is answered with %d", status)
	}
	put(t, d, tab)
}

// column is a column of a table's rows.
func column(tab *browser.Tab, part string, n int) string {
	return tab.Run(fmt.Sprintf(`[...document.querySelectorAll("#%s tbody tr")].map(r => r.children[%d].innerText).join(" ")`, part, n))
}

func put(t *testing.T, d *desk, tab *browser.Tab) {
	const address = `tables/Stock/item?key={"shop":{"S":"north"},"number":{"N":"7"}}`
	tab.Open(d.url + address)
	tab.Shows("north, 7", "it expires at 2100-01-01 00:00:00.000")
	const item = `{"shop": {"S": "north"}, "number": {"N": "7"}, "color": {"S": "green"}, "tags": {"SS": ["<script>", "b"]}, "big": {"N": "12345678901234567890"}}`
	tab.Paste("The item, as DynamoDB writes it", item)
	tab.Submit("Put")
	tab.Shows("The item is put.")
	if text := tab.Run(`document.querySelector("#item").value`); !strings.Contains(text, `"12345678901234567890"`) || !strings.Contains(text, "<script>") {
		t.Errorf("the item is\n%s", text)
	}

	tab.Open(d.url + address) // as somebody else changes it
	d.stock(t, "north", 8)
	tab.Submit("Put")
	tab.Shows("Conflict", "the condition does not hold any more")
	tab.Open(d.url + "tables/Stock/new")
	tab.Paste("The item, as DynamoDB writes it", item)
	if status := tab.Submit("Put"); status != http.StatusConflict {
		t.Errorf("a new item with the key of another is answered with %d", status)
	}
	tab.Open(d.url + "tables/Stock/new")
	tab.Paste("The item, as DynamoDB writes it", `{"shop": "north"}`)
	if status := tab.Submit("Put"); status != http.StatusBadRequest {
		t.Errorf("what is no item is answered with %d", status)
	}
	tab.Open(d.url + address)
	tab.Follow("Delete the item")
	tab.Shows("It will be deleted from Stock if", "Nothing brings it back", `"N": "7"`, `"S": "north"`)
	tab.Submit("Delete")
	tab.Shows("The item is deleted.")
	if status := tab.Open(d.url + address); status != http.StatusNotFound {
		t.Errorf("an item that was deleted is answered with %d", status)
	}
}
