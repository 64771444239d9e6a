// Package money reads amounts as people write them, and computes with them
// exactly: decimals with a currency, never floating point. What may mean two
// things is not guessed: it is asked about, by a Fault that says which.
package money

// This file has amounts.

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"
)

// Amount is so much of a currency, with as many decimals as the currency has.
// The zero Amount is none.
type Amount struct {
	value    decimal.Decimal
	currency Currency
}

// Currency is the amount's.
func (a Amount) Currency() Currency { return a.currency }

// IsZero tells of nothing, or of no amount.
func (a Amount) IsZero() bool { return a.value.IsZero() }

// IsPositive tells of more than nothing.
func (a Amount) IsPositive() bool { return a.value.IsPositive() }

// Value is the number, as in "1234.50": with all decimals of the currency.
func (a Amount) Value() string { return a.value.StringFixed(a.currency.Digits()) }

// String is as in "1234.50 EUR".
func (a Amount) String() string {
	if a.currency == "" {
		return "no amount"
	}
	return a.Value() + " " + string(a.currency)
}

// ErrCurrencies is the error of computing with amounts of two currencies.
var ErrCurrencies = errors.New("amounts of two currencies")

// Plus is the sum of both.
func (a Amount) Plus(b Amount) (Amount, error) {
	if a.currency != b.currency {
		return Amount{}, fmt.Errorf("%s plus %s: %w", a, b, ErrCurrencies)
	}
	return Amount{a.value.Add(b.value), a.currency}, nil
}

// Negated is as much the other way.
func (a Amount) Negated() Amount { return Amount{a.value.Neg(), a.currency} }

// Magnitude is the amount without its sign.
func (a Amount) Magnitude() Amount { return Amount{a.value.Abs(), a.currency} }

// Equal tells whether both are the same, currency and all.
func (a Amount) Equal(b Amount) bool { return a.currency == b.currency && a.value.Equal(b.value) }

// Below tells whether it is less than an amount of the same currency.
func (a Amount) Below(b Amount) bool { return a.currency == b.currency && a.value.LessThan(b.value) }

// exact is what Exact takes.
var exact = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,10})?$`)

// Exact is an amount in the form of Value, which programs write.
func Exact(value string, currency Currency) (Amount, error) {
	if !currency.Known() {
		return Amount{}, fmt.Errorf("%q is no currency of ISO 4217", currency)
	}
	if !exact.MatchString(value) {
		return Amount{}, fmt.Errorf("%q is no decimal number", value)
	}
	return fit(value, decimal.RequireFromString(value), currency)
}

// fit gives a number its currency's decimals, if it has no more.
func fit(text string, value decimal.Decimal, currency Currency) (Amount, error) {
	if !value.Equal(value.Truncate(currency.Digits())) {
		return Amount{}, &Fault{Kind: Unreadable, Text: text, Reason: fmt.Sprintf("has more decimals than the %d of %s", currency.Digits(), currency)}
	}
	return Amount{value, currency}, nil
}

// encoded is an Amount in JSON: the number is a text, so that no reader makes a
// float of it.
type encoded struct {
	Value    string   `json:"value"`
	Currency Currency `json:"currency"`
}

// MarshalJSON implements json.Marshaler: {"value": "1234.50", "currency":
// "EUR"}, and null for no amount.
func (a Amount) MarshalJSON() ([]byte, error) {
	if a.currency == "" {
		return []byte("null"), nil
	}
	return json.Marshal(encoded{a.Value(), a.currency})
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Amount) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*a = Amount{}
		return nil
	}
	var e encoded
	if err := json.Unmarshal(text, &e); err != nil {
		return fmt.Errorf("read an amount: %w", err)
	}
	read, err := Exact(e.Value, e.Currency)
	if err != nil {
		return fmt.Errorf("read an amount: %w", err)
	}
	*a = read
	return nil
}
