package dates

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDatesAreReadAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{
		"2026-11-27", "2026/11/27", "2026.11.27", "2026. 11. 27.", "20261127", "2026-11-27T10:15:00Z", "2026-11-27 10:15", "2026-11-27T10:15:00.123+02:00",
		"27.11.2026", "27. 11. 2026", "27.11.26", "27/11/2026", "27/11/26", "27-11-2026", "27 11 2026", "27 / 11 / 2026", "27.11.2026 14:33", "27.11.2026, 14:33 Uhr",
		"11/27/2026", "11/27/26", "11-27-2026", "11.27.2026", "11/27/2026 2:33 PM",
		"27 November 2026", "27. November 2026", "27th November 2026", "27th of November, 2026", "the 27th of November 2026", "27-Nov-2026", "27-NOV-26", "27 nov. 2026", "27/Nov/2026", "27Nov2026",
		"November 27, 2026", "Nov 27, 2026", "Nov. 27th, 2026", "NOVEMBER 27 2026", "Friday, November 27, 2026", "Fri 27 Nov 2026", "2026 Nov 27", "2026-Nov-27",
		"Freitag, 27. November 2026", "Fr, 27. Nov. 2026",
		"27 novembre 2026", "le 27 novembre 2026", "vendredi 27 novembre 2026",
		"27 de noviembre de 2026", "viernes, 27 de noviembre del 2026", "27 nov 2026",
		"27 novembre 2026", "27 de novembro de 2026", "sexta-feira, 27 de novembro de 2026", "27 november 2026", "den 27 november 2026",
		"27. marraskuuta 2026", "27 listopada 2026 r.",
		"２０２６／１１／２７", "２０２６年１１月２７日", "2026年 11月 27日", "2026년 11월 27일", "٢٧/١١/٢٠٢٦", "٢٧-١١-٢٠٢٦", "۲۷/۱۱/۲۰۲۶",
		" 27.11.2026\u00a0", "27‑11‑2026",
	} {
		got, err := Ask.Parse(text)
		if err != nil || got != (Date{2026, time.November, 27}) {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	for _, row := range []struct{ text, want string }{
		{"03.04.2026", "2026-04-03"}, {"3.4.26", "2026-04-03"}, {"2026-04-03", "2026-04-03"}, {"05/05/2026", "2026-05-05"},
		{"1er mars 2026", "2026-03-01"}, {"3 août 2026", "2026-08-03"}, {"3. März 2026", "2026-03-03"}, {"3 mrt 2026", "2026-03-03"}, {"1º de março de 2026", "2026-03-01"},
		{"3 févr. 2026", "2026-02-03"}, {"3 déc. 2026", "2026-12-03"}, {"3 dic. 2026", "2026-12-03"}, {"3 ene 2026", "2026-01-03"}, {"3 gen 2026", "2026-01-03"}, {"mardi 3 mars 2026", "2026-03-03"},
		{"3. toukokuuta 2026", "2026-05-03"}, {"3 października 2026", "2026-10-03"}, {"3 stycznia 2026", "2026-01-03"}, {"3. maj 2026", "2026-05-03"},
		{"29.02.2028", "2028-02-29"}, {"1.1.70", "1970-01-01"}, {"31.12.69", "2069-12-31"}, {"Sept 3, 2026", "2026-09-03"}, {"Jän. 3 2026", "2026-01-03"},
		{"3 lipca 2026", "2026-07-03"}, {"3 juil. 2026", "2026-07-03"}, {"3 juin 2026", "2026-06-03"},
	} {
		got, err := Ask.Parse(row.text)
		if err != nil || got.String() != row.want {
			t.Errorf("%q is %s, %v; want %s", row.text, got, err, row.want)
		}
	}
}

func TestADayThatMayBeTwoIsAskedAboutUnlessThePolicySaysWhich(t *testing.T) {
	for _, row := range []struct{ text, reason, dayFirst, monthFirst string }{
		{"03/04/2026", "may be 2026-04-03 or 2026-03-04", "2026-04-03", "2026-03-04"},
		{"3/4/26", "may be 2026-04-03 or 2026-03-04", "2026-04-03", "2026-03-04"},
		{"03-04-2026", "may be 2026-04-03 or 2026-03-04", "2026-04-03", "2026-03-04"},
		{"03 04 2026", "may be 2026-04-03 or 2026-03-04", "2026-04-03", "2026-03-04"},
		{"٠٣/٠٤/٢٠٢٦", "may be 2026-04-03 or 2026-03-04", "2026-04-03", "2026-03-04"},
		{"26-11-27", "may be 2027-11-26 or 2026-11-27", "2027-11-26", "2027-11-26"},
		{"31-12-26", "may be 2026-12-31 or 2031-12-26", "2026-12-31", "2026-12-31"},
		{"27/11/2026", "", "2026-11-27", "2026-11-27"}, // there is no month 27
		{"11/27/2026", "", "2026-11-27", "2026-11-27"},
		{"03.04.2026", "", "2026-04-03", "2026-04-03"}, // the day comes first before a point
		{"2026-04-03", "", "2026-04-03", "2026-04-03"},
	} {
		got, err := Ask.Parse(row.text)
		if fault, ok := errors.AsType[*Fault](err); row.reason != "" && (!ok || fault.Kind != Ambiguous || fault.Reason != row.reason) || row.reason == "" && err != nil {
			t.Errorf("%q is %s, %v; want %q", row.text, got, err, row.reason)
		}
		for order, want := range map[Order]string{DayFirst: row.dayFirst, MonthFirst: row.monthFirst} {
			if got, err := order.Parse(row.text); err != nil || got.String() != want {
				t.Errorf("%s: %q is %s, %v; want %s", order, row.text, got, err, want)
			}
		}
	}
}

func TestWhatIsNoDateIsSaidToBeNone(t *testing.T) {
	const none, never = "is no date", "is no day of the calendar"
	for _, row := range []struct{ text, reason string }{
		{"Net 30", none}, {"upon receipt", none}, {"sofort", none}, {"30 days", none}, {"November 2026", none}, {"27 November", none}, {"2026", none}, {"11/2026", none},
		{"27.11/2026", none}, {"27.11.202", none}, {"127.11.2026", none}, {"2026-11-277", none}, {"27 Brumaire 2026", none}, {"27 November December 2026", none}, {"5 ju 2026", none},
		{"27 27 November 2026", none}, {"27 ma 2026", none}, {"tomorrow", none}, {"1,234.56", none},
		{"31.02.2026", never}, {"29.02.2026", never}, {"2026-13-01", never}, {"13/13/2026", never}, {"00.11.2026", never}, {"0/0/0000", never}, {"31 avril 2026", never},
		{"27.11.1926", never}, {"27.11.2126", never}, {"32 Nov 2026", never}, {"20261327", never}, {"2026-11-31", never},
		{"2٠26-11-27", "is written in two scripts, or in none"}, {strings.Repeat("1", 61), "is too long for a date"},
	} {
		for _, order := range []Order{Ask, DayFirst, MonthFirst} {
			got, err := order.Parse(row.text)
			fault, ok := errors.AsType[*Fault](err)
			if !ok || fault.Kind != Unreadable || fault.Reason != row.reason || fault.Text != row.text {
				t.Errorf("%q is %s, %v; want %s", row.text, got, err, row.reason)
			}
		}
	}
}

func TestADateThatIsMissingIsNotToday(t *testing.T) {
	for _, text := range []string{"", " ", "\u00a0"} {
		got, err := Ask.Parse(text)
		if fault, ok := errors.AsType[*Fault](err); !ok || fault.Kind != Missing || !got.IsZero() {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
	if text, err := json.Marshal(Date{}); err != nil || string(text) != "null" {
		t.Errorf("no date is %s, %v", text, err)
	}
}

func TestDatesInJSONAreISO8601s(t *testing.T) {
	d := Date{2026, time.November, 7}
	text, err := json.Marshal(d)
	var again Date
	if err != nil || string(text) != `"2026-11-07"` || json.Unmarshal(text, &again) != nil || again != d {
		t.Errorf("%s, %v, %s", text, err, again)
	}
	if err := json.Unmarshal([]byte("null"), &again); err != nil || !again.IsZero() {
		t.Errorf("null is %s, %v", again, err)
	}
	for _, text := range []string{`"07.11.2026"`, `5`, `"2026-02-30"`} {
		if err := json.Unmarshal([]byte(text), &again); err == nil {
			t.Errorf("%s is %s", text, again)
		}
	}
	if !d.Before(Date{2026, time.November, 8}) || d.Before(d) || !d.Before(Date{2027, time.January, 1}) || (Date{2026, time.December, 1}).Before(d) {
		t.Error("days are out of order")
	}
}

// A word that names two months would name one of them at random.
func TestNoWordNamesTwoMonths(t *testing.T) {
	of := map[string]time.Month{}
	for month, names := range months {
		for name := range strings.FieldsSeq(names) {
			if plain(name) != name || of[name] != 0 {
				t.Errorf("%q is of %s and of %s", name, of[name], month)
			}
			of[name] = month
		}
	}
	for word := range silent {
		if monthNamed(word) != 0 {
			t.Errorf("%q is silent, and a month", word)
		}
	}
}

// Every day is read back from every form.
func TestEveryDayIsReadFromEveryForm(t *testing.T) {
	for d := time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2029; d = d.AddDate(0, 0, 5) {
		want := Date{d.Year(), d.Month(), d.Day()}
		for order, layouts := range map[Order][]string{
			Ask:        {time.DateOnly, "02.01.2006", "2.1.2006", "2 January 2006", "January 2, 2006", "02-Jan-2006", "20060102"},
			DayFirst:   {"02/01/2006", "2-1-2006", "02/01/06"},
			MonthFirst: {"01/02/2006", "1-2-2006", "01/02/06"},
		} {
			for _, layout := range layouts {
				if got, err := order.Parse(d.Format(layout)); err != nil || got != want {
					t.Fatalf("%s: %s is %s, %v", order, d.Format(layout), got, err)
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"27.11.2026", "Nov 27th, 2026", "2026年11月27日", "03/04/26", "1er mars 2026", "26-11-27"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, order := range []Order{Ask, DayFirst, MonthFirst} {
			d, err := order.Parse(text)
			if err != nil {
				if fault, ok := errors.AsType[*Fault](err); !ok || fault.Reason == "" {
					t.Errorf("%q: %v", text, err)
				}
				continue
			}
			if again, err := order.Parse(fmt.Sprint(d)); err != nil || again != d {
				t.Errorf("%q is %s, and that is %s, %v", text, d, again, err)
			}
		}
	})
}
