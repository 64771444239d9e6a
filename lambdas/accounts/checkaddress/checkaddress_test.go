package checkaddress

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// check returns the address as it is stored, and the codes of what is wrong.
func check(t testing.TB, address contract.Address) (contract.Address, []contract.Code) {
	t.Helper()
	checked, err := Handle(t.Context(), contract.Application{Address: address})
	rejected, ok := err.(contract.AddressRejected) // not wrapped: the runtime reports the type
	if err != nil && (!ok || len(rejected.Reasons) == 0) {
		t.Fatalf("%+v: error %T: %v", address, err, err)
	}
	var codes []contract.Code
	for _, reason := range rejected.Reasons {
		if reason.Message == "" {
			t.Errorf("%s has no message", reason.Code)
		}
		codes = append(codes, reason.Code)
	}
	return checked.Address, codes
}

func TestAddressesOfEveryCountryStandTheCheck(t *testing.T) {
	type address = contract.Address
	rows := []struct{ sent, want address }{
		{address{Line1: "Stephansplatz 1", City: "Wien", PostalCode: "1010", Country: "AT"}, address{}},
		{address{Line1: "Unit 5/12 George St", City: "Sydney", Region: "New South Wales", PostalCode: "2000", Country: "AU"},
			address{Line1: "Unit 5/12 George St", City: "Sydney", Region: "NSW", PostalCode: "2000", Country: "AU"}},
		{address{Line1: "1 Main St", City: "Jervis Bay", Region: "act", PostalCode: "2540", Country: "AU"}, address{Line1: "1 Main St", City: "Jervis Bay", Region: "ACT", PostalCode: "2540", Country: "AU"}},
		{address{Line1: "Rue de la Loi 16", City: "Bruxelles", PostalCode: "1000", Country: "BE"}, address{}},
		{address{Line1: "111 Wellington St", City: "Ottawa", Region: "ON", PostalCode: "k1a0a9", Country: "ca"},
			address{Line1: "111 Wellington St", City: "Ottawa", Region: "ON", PostalCode: "K1A 0A9", Country: "CA"}},
		{address{Line1: "1 rue Laurier", City: "Gatineau", Region: "Quebec", PostalCode: "K1A-0M8", Country: "CA"},
			address{Line1: "1 rue Laurier", City: "Gatineau", Region: "QC", PostalCode: "K1A 0M8", Country: "CA"}},
		{address{Line1: "Bahnhofstrasse 1", City: "Zürich", Region: "ZH", PostalCode: "8001", Country: "CH"}, address{}},
		{address{Line1: "  Straße des 17.\u00a0Juni  135 ", City: "Berlin", PostalCode: "１０６２３", Country: " de "},
			address{Line1: "Straße des 17. Juni 135", City: "Berlin", PostalCode: "10623", Country: "DE"}},
		{address{Line1: "Calle de Alcalá 50, 3º", City: "Madrid", PostalCode: "28014", Country: "ES"},
			address{Line1: "Calle de Alcalá 50, 3o", City: "Madrid", PostalCode: "28014", Country: "ES"}},
		{address{Line1: "n° 12 bis, rue de l’Église", Line2: "Bât. B", City: "L’Haÿ-les-Roses", PostalCode: "94240", Country: "FR"}, address{}},
		{address{Line1: "10 Downing Street", City: "London", PostalCode: "sw1a2aa", Country: "GB"}, address{Line1: "10 Downing Street", City: "London", PostalCode: "SW1A 2AA", Country: "GB"}},
		{address{Line1: "Flat 2, Rose Cottage", City: "Llanfairpwllgwyngyll", Region: "Anglesey", PostalCode: "LL61 5UJ", Country: "GB"}, address{}},
		{address{Line1: strings.Repeat("é", 70), Line2: strings.Repeat("1", 70), City: strings.Repeat("a", 35), PostalCode: "LS1 1AA", Country: "GB"}, address{}},
		{address{Line1: "1 High St", City: "Leeds", PostalCode: "M1 1AE", Country: "GB"}, address{}},
		{address{Line1: "Damrak 1", City: "Amsterdam", PostalCode: "1012LG", Country: "NL"}, address{Line1: "Damrak 1", City: "Amsterdam", PostalCode: "1012 LG", Country: "NL"}},
		{address{Line1: "350 Fifth Ave # 21", City: "New York", Region: "new york", PostalCode: "10118", Country: "US"}, address{}},
		{address{Line1: "1600 Pennsylvania Ave NW", City: "Washington", Region: "DC", PostalCode: "205000001", Country: "US"},
			address{Line1: "1600 Pennsylvania Ave NW", City: "Washington", Region: "DC", PostalCode: "20500-0001", Country: "US"}},
		{address{Line1: "2 Lee Village", City: "Fort Campbell", Region: "TN", PostalCode: "42223", Country: "US"}, address{}}, // of Kentucky
		{address{Line1: "1 Fox Ln", City: "Fishers Island", Region: "NY", PostalCode: "06390", Country: "US"}, address{}},
	}
	seen := map[string]bool{}
	for _, row := range rows {
		if row.want == (address{}) { // as it was sent, but for the region's code
			if row.want = row.sent; row.sent.Region == "new york" {
				row.want.Region = "NY"
			}
		}
		if got, codes := check(t, row.sent); got != row.want || codes != nil {
			t.Errorf("%+v\ngot  %+v, %q\nwant %+v", row.sent, got, codes, row.want)
		}
		seen[row.want.Country] = true
	}
	for code := range countries {
		if !seen[code] {
			t.Errorf("no address in %s", code)
		}
	}
}

func TestWhatIsNoAddressIsRejectedForEveryReason(t *testing.T) {
	sound := contract.Address{Line1: "10 Downing Street", City: "London", PostalCode: "SW1A 2AA", Country: "GB"}
	american := contract.Address{Line1: "350 Fifth Ave", City: "New York", Region: "NY", PostalCode: "10118", Country: "US"}
	for name, row := range map[string]struct {
		from   contract.Address
		change func(*contract.Address)
		want   []contract.Code
	}{
		"nothing":                    {contract.Address{}, func(*contract.Address) {}, []contract.Code{contract.AddressMissing, contract.AddressMissing, contract.CountryNotServed}},
		"no line1":                   {sound, func(a *contract.Address) { a.Line1 = "" }, []contract.Code{contract.AddressMissing}},
		"a blank line1":              {sound, func(a *contract.Address) { a.Line1 = " \u200b\t" }, []contract.Code{contract.AddressMissing}},
		"points for a city":          {sound, func(a *contract.Address) { a.City = "..." }, []contract.Code{contract.AddressMissing}},
		"no postal code":             {sound, func(a *contract.Address) { a.PostalCode = "" }, []contract.Code{contract.AddressMissing}},
		"no country":                 {sound, func(a *contract.Address) { a.Country = "" }, []contract.Code{contract.CountryNotServed}},
		"a country that is not":      {sound, func(a *contract.Address) { a.Country = "XX" }, []contract.Code{contract.CountryNotServed}},
		"a country by its name":      {sound, func(a *contract.Address) { a.Country = "Germany" }, []contract.Code{contract.CountryNotServed}},
		"a long line1":               {sound, func(a *contract.Address) { a.Line1 = strings.Repeat("é", 71) }, []contract.Code{contract.AddressTooLong}},
		"a very long line2":          {sound, func(a *contract.Address) { a.Line2 = strings.Repeat("x ", 100_000) }, []contract.Code{contract.AddressTooLong}},
		"a long city":                {sound, func(a *contract.Address) { a.City = strings.Repeat("a", 36) }, []contract.Code{contract.AddressTooLong}},
		"a long region":              {sound, func(a *contract.Address) { a.Region = strings.Repeat("a", 36) }, []contract.Code{contract.AddressTooLong}},
		"an emoji":                   {sound, func(a *contract.Address) { a.City = "London 😀" }, []contract.Code{contract.AddressCharacters}},
		"markup":                     {sound, func(a *contract.Address) { a.Line2 = "<script>" }, []contract.Code{contract.AddressCharacters}},
		"NUL":                        {sound, func(a *contract.Address) { a.Line1 = "10\x00Downing" }, []contract.Code{contract.AddressCharacters}},
		"not UTF-8":                  {sound, func(a *contract.Address) { a.Line1 = "10 Downing \xff" }, []contract.Code{contract.AddressCharacters}},
		"a post office box":          {sound, func(a *contract.Address) { a.Line1 = "P.O. Box 12" }, []contract.Code{contract.AddressPOBox}},
		"a box in line2":             {sound, func(a *contract.Address) { a.Line2 = "c/o Roe, Ｐｏｓｔｆａｃｈ 12 34 56" }, []contract.Code{contract.AddressPOBox}},
		"a postal code of elsewhere": {sound, func(a *contract.Address) { a.PostalCode = "10118" }, []contract.Code{contract.PostalCodeInvalid}},
		"a digit too many":           {american, func(a *contract.Address) { a.PostalCode = "101181" }, []contract.Code{contract.PostalCodeInvalid}},
		"Arabic digits":              {american, func(a *contract.Address) { a.PostalCode = "١٠١١٨" }, []contract.Code{contract.PostalCodeInvalid}},
		"no state":                   {american, func(a *contract.Address) { a.Region = "" }, []contract.Code{contract.AddressMissing}},
		"a state that is not":        {american, func(a *contract.Address) { a.Region = "Ontario" }, []contract.Code{contract.RegionUnknown}},
		"a code of another state":    {american, func(a *contract.Address) { a.Region = "CA" }, []contract.Code{contract.PostalCodeMismatch}},
		"a code of another province": {american, func(a *contract.Address) { a.Country, a.Region, a.PostalCode = "CA", "BC", "H2X 1Y4" }, []contract.Code{contract.PostalCodeMismatch}},
		"everything at once": {american, func(a *contract.Address) {
			a.Line1, a.City, a.Region, a.PostalCode = "PO Box <1>", strings.Repeat("a", 36), "XX", "1"
		}, []contract.Code{contract.AddressCharacters, contract.AddressTooLong, contract.AddressPOBox, contract.RegionUnknown, contract.PostalCodeInvalid}},
	} {
		row.change(&row.from)
		if _, codes := check(t, row.from); !slices.Equal(codes, row.want) {
			t.Errorf("%s: got %q, want %q", name, codes, row.want)
		}
	}
}

func TestAPostOfficeBoxIsToldFromAStreet(t *testing.T) {
	for line, is := range map[string]bool{
		"PO Box 1": true, "P. O. BOX 1": true, "p.o.box 1": true, "Post Office Box 7": true, "GPO Box 9": true, "Locked Bag 3": true, "Postfach 10 20": true,
		"Boîte postale 3": true, "BP 30": true, "B.P. 30": true, "Case postale 3": true, "Postbus 20011": true, "Apartado 4": true, "c/o Roe, PO Box 5": true,
		"Boxhagener Str. 1": false, "Po Boxer Lane 2": false, "1 Postfachweg": false, "12 rue du BPS": false, "Apartadero 4": false, "Depo Box Hill 1": false,
	} {
		if got := box.MatchString(line); got != is {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestPostalCodesAreThoseOfTheirCountry(t *testing.T) {
	for country, codes := range map[string]struct{ good, bad []string }{
		"AT": {[]string{"1010", "9992"}, []string{"0100", "101", "10100", "A-1010x"}},
		"AU": {[]string{"0800", "2000", "7000"}, []string{"200", "20000"}},
		"BE": {[]string{"1000", "9992"}, []string{"0999"}},
		"CA": {[]string{"K1A 0B1", "v6b4y8", "X0A 0H0"}, []string{"D1A 0B1", "K1A 0O1", "K1A", "W1A 0B1", "11A 0B1"}},
		"CH": {[]string{"8001"}, []string{"0001", "80011"}},
		"DE": {[]string{"01067", "99998"}, []string{"00123", "1067"}},
		"ES": {[]string{"01001", "52006"}, []string{"53001", "00100"}},
		"FR": {[]string{"75001", "20000", "97400", "98000"}, []string{"00100", "99000"}},
		"GB": {[]string{"SW1A 1AA", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "EC1A 1BB", "W1A 0AX", "gir0aa"}, []string{"QW1 1AA", "SW1A 1CA", "A 1AA", "SW1A", "M1 AE"}},
		"NL": {[]string{"1012 LG", "1234SB"}, []string{"0123 AB", "1234 SS", "1234 SA", "1234 SD", "1234 A"}},
		"US": {[]string{"10118", "10118-0001", "10118 0001"}, []string{"1011", "10118-1", "ABCDE"}},
	} {
		for _, list := range []struct {
			codes []string
			want  bool
		}{{codes.good, true}, {codes.bad, false}} {
			for _, code := range list.codes {
				var f findings
				if f.postalCode(countries[country], "", code); (f.reasons == nil) != list.want {
					t.Errorf("%s: %q stands: %v", country, code, f.reasons == nil)
				}
			}
		}
	}
}

// The example that a rejection gives is one that would have stood.
func TestExamplesOfPostalCodesAreSome(t *testing.T) {
	for name, c := range countries {
		for example := range strings.SplitSeq(c.example, " or ") {
			var f findings
			if got := f.postalCode(c, "", example); got != example || f.reasons != nil {
				t.Errorf("%s: %s is written %s, %v", name, example, got, f.reasons)
			}
		}
	}
}

// A wrong table would turn people away.
func TestTheCapitalsPostalCodeIsOfItsRegionAndOfNoOther(t *testing.T) {
	for country, capitals := range map[string]map[string]string{
		"AU": {"ACT": "2600", "NSW": "2000", "NT": "0800", "QLD": "4000", "SA": "5000", "TAS": "7000", "VIC": "3000", "WA": "6000"},
		"CA": {"AB": "T5K 2B6", "BC": "V8V 1X4", "MB": "R3C 0V8", "NB": "E3B 5H1", "NL": "A1B 4J6", "NS": "B3J 1T3", "NT": "X1A 2L9", "NU": "X0A 0H0",
			"ON": "M7A 1A2", "PE": "C1A 7K7", "QC": "G1A 1A3", "SK": "S4S 0B3", "YT": "Y1A 1B2"},
		"US": {"AA": "34002", "AE": "09001", "AP": "96201", "AS": "96799", "DC": "20001", "FM": "96941", "GU": "96910", "MH": "96960", "MP": "96950", "PR": "00901", "PW": "96940", "VI": "00802",
			"AL": "36104", "AK": "99801", "AZ": "85001", "AR": "72201", "CA": "95814", "CO": "80202", "CT": "06103", "DE": "19901", "FL": "32301", "GA": "30303", "HI": "96813", "ID": "83702",
			"IL": "62701", "IN": "46225", "IA": "50309", "KS": "66603", "KY": "40601", "LA": "70802", "ME": "04330", "MD": "21401", "MA": "02201", "MI": "48933", "MN": "55102", "MS": "39205",
			"MO": "65101", "MT": "59623", "NE": "68502", "NV": "89701", "NH": "03301", "NJ": "08608", "NM": "87501", "NY": "12207", "NC": "27601", "ND": "58501", "OH": "43215", "OK": "73102",
			"OR": "97301", "PA": "17101", "RI": "02903", "SC": "29217", "SD": "57501", "TN": "37219", "TX": "78701", "UT": "84111", "VT": "05602", "VA": "23219", "WA": "98507", "WV": "25301",
			"WI": "53703", "WY": "82001"},
	} {
		for key := range countries[country].regions {
			var of []string
			for other, r := range countries[country].regions {
				if r.postalCodes.MatchString(capitals[key]) {
					of = append(of, other)
				}
			}
			if slices.Sort(of); key == "ACT" {
				of = slices.DeleteFunc(of, func(other string) bool { return other == "NSW" }) // which surrounds it
			}
			if !slices.Equal(of, []string{key}) {
				t.Errorf("%s: %s is of %q, want %s", country, capitals[key], of, key)
			}
		}
	}
}

func TestRegionsBorderOnEachOther(t *testing.T) {
	for country, c := range countries {
		for key, r := range c.regions {
			for _, beside := range r.borders {
				if !slices.Contains(c.regions[beside].borders, key) {
					t.Errorf("%s: %s borders on %s, which does not on it", country, key, beside)
				}
			}
		}
	}
}

func TestAPostalCodeOfFarAwayIsAMistakeForEveryRegion(t *testing.T) {
	for country, far := range map[string][]string{"AU": {"7000", "6000"}, "CA": {"C1A 7K7", "V8V 1X4"}, "US": {"10118", "90210"}} {
		for key := range countries[country].regions {
			if !slices.ContainsFunc(far, func(code string) bool { return !has(countries[country].regions, key, code) }) {
				t.Errorf("%s may have each of %q", key, far)
			}
		}
	}
}

func FuzzCheckAddress(f *testing.F) {
	f.Add("10 Downing Street", "", "London", "", "SW1A 2AA", "GB")
	f.Add("\xff\u202e", "PO Box", "\u0301", "NY", "10118", "us")
	f.Fuzz(func(t *testing.T, line1, line2, city, region, postalCode, country string) {
		stored, codes := check(t, contract.Address{Line1: line1, Line2: line2, City: city, Region: region, PostalCode: postalCode, Country: country})
		if codes != nil {
			return
		}
		for _, part := range []string{stored.Line1, stored.Line2, stored.City, stored.Region, stored.PostalCode, stored.Country} {
			if !utf8.ValidString(part) || utf8.RuneCountInString(part) > maxLine {
				t.Errorf("stored %q", part)
			}
		}
		if again, codes := check(t, stored); again != stored || codes != nil {
			t.Errorf("%+v is stored as %+v, %q", stored, again, codes)
		}
	})
}
