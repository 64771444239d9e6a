package money

// This file knows currencies: ISO 4217's, and what people write for them.

import (
	"fmt"
	"slices"
	"strings"
)

// Currency is an ISO 4217 code.
type Currency string

// byDigits are ISO 4217's currencies of 2026, and the lev, which invoices of the
// year before are in, by how many decimals their amounts have. Those of funds,
// metals and tests are left out: nobody is paid in them.
var byDigits = map[int32]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK " +
		"DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT " +
		"LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN " +
		"QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS " +
		"VED VES WST XCD XCG YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
}

var digitsOf = func() map[Currency]int32 {
	all := map[Currency]int32{}
	for digits, codes := range byDigits {
		for code := range strings.FieldsSeq(codes) {
			all[Currency(code)] = digits
		}
	}
	return all
}()

// Known tells whether there is such a currency.
func (c Currency) Known() bool { _, known := digitsOf[c]; return known }

// Digits is how many decimals an amount has: 2 for EUR, 0 for JPY, 3 for KWD.
func (c Currency) Digits() int32 { return digitsOf[c] }

// names are what people write for a currency, or for one of several: in lower
// case, without blanks and without a dot at the end. ISO 4217's codes are names
// as well.
var names = map[string]string{
	"$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD UYU XCD",
	"£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP",
	"¥": "JPY CNY",
	"€": "EUR", "euro": "EUR", "euros": "EUR", "eu€": "EUR",

	"us$": "USD", "$us": "USD", "usd$": "USD", "u.s.$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "cdn$": "CAD", "hk$": "HKD",
	"mx$": "MXN", "nt$": "TWD", "nz$": "NZD", "s$": "SGD", "sg$": "SGD", "r$": "BRL",
	"dollar": "USD AUD CAD HKD NZD SGD TWD", "dollars": "USD AUD CAD HKD NZD SGD TWD",
	"gb£": "GBP", "e£": "EGP", "pound": "GBP EGP", "pounds": "GBP EGP", "stg": "GBP",
	"jp¥": "JPY", "cn¥": "CNY", "円": "JPY", "日本円": "JPY", "yen": "JPY", "元": "CNY", "人民币": "CNY", "rmb": "CNY", "yuan": "CNY",

	"kr": "SEK NOK DKK ISK", "skr": "SEK", "nkr": "NOK", "dkr": "DKK", "kronor": "SEK", "kroner": "NOK DKK", "kr.-": "SEK NOK DKK ISK",
	"fr": "CHF", "sfr": "CHF", "franken": "CHF", "francs": "CHF XAF XOF XPF",
	"₹": "INR", "rs": "INR LKR MUR NPR PKR SCR", "₨": "INR LKR MUR NPR PKR SCR", "re": "INR LKR MUR NPR PKR SCR",
	"zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK", "ft": "HUF", "lei": "RON MDL", "leu": "RON MDL", "лв": "BGN", "дин": "RSD MKD", "din": "RSD",
	"₽": "RUB", "руб": "RUB", "р": "RUB", "₴": "UAH", "грн": "UAH", "₸": "KZT", "₾": "GEL", "֏": "AMD", "₼": "AZN",
	"₺": "TRY", "tl": "TRY", "₪": "ILS", "nis": "ILS", "ש\"ח": "ILS",
	"₩": "KRW KPW", "원": "KRW", "₫": "VND", "đ": "VND", "฿": "THB", "บาท": "THB", "₱": "PHP", "₦": "NGN", "₵": "GHS", "gh₵": "GHS",
	"rp": "IDR", "rm": "MYR", "r": "ZAR", "s/": "PEN", "ksh": "KES", "₡": "CRC", "₲": "PYG", "₮": "MNT", "৳": "BDT", "₭": "LAK", "៛": "KHR",
	"د.إ": "AED", "dhs": "AED MAD", "dh": "AED MAD", "ر.س": "SAR", "ريال": "SAR QAR YER OMR IRR", "﷼": "SAR QAR YER OMR IRR", "ج.م": "EGP",
	"د.ك": "KWD", "د.ب": "BHD", "ر.ق": "QAR", "ر.ع": "OMR", "د.ت": "TND", "د.ج": "DZD", "د.م": "MAD",
}

// named are the currencies that a text may stand for: none if it is no name.
func named(text string) []Currency {
	if code := Currency(strings.ToUpper(text)); code.Known() {
		return []Currency{code}
	}
	text = strings.TrimSuffix(strings.ReplaceAll(strings.ToLower(text), " ", ""), ".")
	var all []Currency
	for code := range strings.FieldsSeq(names[text]) {
		all = append(all, Currency(code))
	}
	return all
}

// common are those of two lists that are in both, in the order of the first.
func common(a, b []Currency) []Currency {
	return slices.DeleteFunc(slices.Clone(a), func(c Currency) bool { return !slices.Contains(b, c) })
}

// Means is an error unless a symbol may stand for a currency: of a policy that
// has it otherwise, nothing would come.
func Means(symbol string, currency Currency) error {
	all := named(symbol)
	switch {
	case len(all) == 0:
		return fmt.Errorf("%q is no symbol of a currency", symbol)
	case strings.TrimSuffix(strings.ToLower(symbol), ".") != symbol:
		return fmt.Errorf("%q is never found: give it in small letters, without a point at its end", symbol)
	case !slices.Contains(all, currency):
		return fmt.Errorf("%q never stands for %s", symbol, currency)
	}
	return nil
}
