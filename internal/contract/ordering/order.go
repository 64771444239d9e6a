package ordering

// This file reads orders.

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MaxTextBytes bounds each text of an order: it is what DynamoDB takes as a key.
const MaxTextBytes = 2048

// MaxQuantity bounds an order's quantity.
const MaxQuantity = 1_000_000_000

// Order is the body of a message. Read from JSON it is one that can be placed:
// anything else is an *OrderInvalid. Other members are not kept.
type Order struct {
	ItemName      string `json:"itemName"`      // required: not blank, at most MaxTextBytes
	CustomerID    string `json:"customerId"`    // required, likewise
	CustomerEmail string `json:"customerEmail"` // may be empty
	Quantity      int    `json:"quantity"`      // 1 to MaxQuantity; 1 if it is not given
}

// OrderInvalid is the error of what is no order. Its name is ErrorOrderInvalid.
type OrderInvalid struct{ Reason string }

func (e *OrderInvalid) Error() string { return e.Reason }

// UnmarshalJSON implements json.Unmarshaler.
func (o *Order) UnmarshalJSON(text []byte) error {
	var given struct {
		ItemName, CustomerID, CustomerEmail, Quantity json.RawMessage
	}
	if json.Unmarshal(text, &given) != nil {
		return &OrderInvalid{Reason: "the order is not a JSON object"}
	}
	var faults []string
	keep := func(fault error) {
		if fault != nil {
			faults = append(faults, fault.Error())
		}
	}
	var read Order
	keep(readRequired("itemName", given.ItemName, &read.ItemName))
	keep(readRequired("customerId", given.CustomerID, &read.CustomerID))
	keep(readText("customerEmail", given.CustomerEmail, &read.CustomerEmail))
	keep(readQuantity(given.Quantity, &read.Quantity))
	if len(faults) > 0 {
		return &OrderInvalid{Reason: strings.Join(faults, "; ")}
	}
	*o = read
	return nil
}

// absent tells of a member that is not given, or null.
func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func readText(name string, raw json.RawMessage, text *string) error {
	if absent(raw) {
		return nil
	}
	if json.Unmarshal(raw, text) != nil {
		return fmt.Errorf("%s is %.40s: give a text", name, raw)
	}
	if len(*text) > MaxTextBytes {
		return fmt.Errorf("%s has %d bytes: give at most %d", name, len(*text), MaxTextBytes)
	}
	return nil
}

func readRequired(name string, raw json.RawMessage, text *string) error {
	if err := readText(name, raw, text); err != nil {
		return err
	}
	if strings.TrimSpace(*text) == "" {
		return errors.New(name + " is missing or blank")
	}
	return nil
}

// readQuantity takes whole numbers as people write them: neither 1.0 nor 1e3.
func readQuantity(raw json.RawMessage, quantity *int) error {
	if absent(raw) {
		*quantity = 1
		return nil
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < 1 || n > MaxQuantity {
		return fmt.Errorf("quantity is %.40s: give a whole number, 1 to %d", raw, MaxQuantity)
	}
	*quantity = n
	return nil
}
