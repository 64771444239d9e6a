package directory

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

const table = "Directory"

func full() Row {
	return Row{
		ID: "acme", Name: "Acme", ContactEmail: "edi@acme.example", Status: contract.PartnerDraining,
		ValidUntil: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
		SSHKeys:    []string{"ssh-ed25519 B", "ssh-ed25519 A"}, AddressRanges: []string{"192.0.2.0/24"}, Tier: "gold",
		Held: []string{"sshKeys", "status"}, TokenHash: Hash("new"), PreviousTokenHash: Hash("old"),
		RotatedAt: time.Date(2026, 11, 1, 1, 2, 3, 0, time.UTC),
		UsageKey:  "k2", PreviousUsageKey: "k1", UsageKeySince: time.Date(2026, 11, 2, 1, 2, 3, 0, time.UTC), Version: 7,
	}
}

// Rows outlive the code that wrote them: their attributes keep their names,
// and enrichment and operators read them by these.
func TestARowIsStoredUnderTheseNames(t *testing.T) {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	want := map[string]types.AttributeValue{
		"partner": text("acme"), "name": text("Acme"), "contactEmail": text("edi@acme.example"), "status": text("DRAINING"),
		"validUntil": &types.AttributeValueMemberN{Value: "1801353600"}, "tier": text("gold"),
		"sshKeys":           &types.AttributeValueMemberL{Value: []types.AttributeValue{text("ssh-ed25519 B"), text("ssh-ed25519 A")}},
		"addressRanges":     &types.AttributeValueMemberL{Value: []types.AttributeValue{text("192.0.2.0/24")}},
		"held":              &types.AttributeValueMemberSS{Value: []string{"sshKeys", "status"}},
		"tokenHash":         &types.AttributeValueMemberB{Value: Hash("new")},
		"previousTokenHash": &types.AttributeValueMemberB{Value: Hash("old")},
		"tokenRotatedAt":    text("2026-11-01T01:02:03Z"),
		"usageKey":          text("k2"), "previousUsageKey": text("k1"), "usageKeySince": text("2026-11-02T01:02:03Z"),
		"version": &types.AttributeValueMemberN{Value: "7"},
	}
	got := full().Item()
	for name := range got {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%s is %#v", name, got[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d attributes, want %d", len(got), len(want))
	}
}

func TestRowsAreFoundAsTheyWereStored(t *testing.T) {
	tables := dynamotest.Empty(t)
	tables.Create(table, "partner")
	d := &Directory{DynamoDB: tables, Table: table}
	least := Row{ID: "globex", Name: "Globex", ContactEmail: "b2b@globex.example", Status: contract.PartnerEnabled, Tier: "standard", Version: 1}
	for _, row := range []Row{full(), least} {
		tables.Put(table, row.Item())
		if got, err := d.Find(t.Context(), row.ID); err != nil || !reflect.DeepEqual(got, row) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if got, err := d.Find(t.Context(), "nobody"); err != nil || !reflect.DeepEqual(got, Row{}) {
		t.Errorf("nobody: %+v, %v", got, err)
	}
	if full().Holds("name") || !full().Holds("status") {
		t.Error("what is held is not what an operator has set")
	}
}

func TestAllRowsAreListedPageByPage(t *testing.T) {
	tables := dynamotest.Empty(t)
	tables.Create(table, "partner")
	const many = 300
	for n := range many {
		tables.Put(table, Row{ID: fmt.Sprintf("p%03d", n), Name: strings.Repeat("x", 10_000), Version: 1}.Item())
	}
	pages := &scans{DynamoDB: tables}
	d := &Directory{DynamoDB: pages, Table: table}
	seen := make(map[string]bool)
	for row, err := range d.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen[row.ID] = true
	}
	if len(seen) != many || pages.calls < 3 {
		t.Errorf("%d rows in %d pages", len(seen), pages.calls)
	}
	for range d.List(t.Context()) {
		break // ends the reading, too
	}
	pages.fail = true
	n := 0
	for _, err := range d.List(t.Context()) {
		if n++; err == nil {
			t.Error("a page that cannot be read is left out")
		}
	}
	if n != 1 {
		t.Errorf("after the error it goes on: %d", n)
	}
}

// One that goes on after an error would take the rest for all there is.
func TestARowThatIsNoneIsTheLastOne(t *testing.T) {
	tables := dynamotest.Empty(t)
	tables.Create(table, "partner")
	for n := range 5 {
		tables.Put(table, map[string]types.AttributeValue{
			"partner": &types.AttributeValueMemberS{Value: fmt.Sprint("p", n)}, "version": &types.AttributeValueMemberS{Value: "x"},
		})
	}
	n := 0
	for _, err := range (&Directory{DynamoDB: tables, Table: table}).List(t.Context()) {
		if n++; err == nil {
			t.Error("half a row is one")
		}
	}
	if n != 1 {
		t.Errorf("after the error it goes on: %d", n)
	}
}

// A set of DynamoDB's has no order.
func TestWhatIsHeldIsInOrder(t *testing.T) {
	i := full().Item()
	i["held"] = &types.AttributeValueMemberSS{Value: []string{"status", "name", "sshKeys"}}
	if row, err := read(i); err != nil || fmt.Sprint(row.Held) != "[name sshKeys status]" {
		t.Errorf("%q, %v", row.Held, err)
	}
}

func TestTimesAreStoredInUTC(t *testing.T) {
	row, zone := full(), time.FixedZone("", 3600)
	row.RotatedAt, row.UsageKeySince, row.ValidUntil = row.RotatedAt.In(zone), row.UsageKeySince.In(zone), row.ValidUntil.In(zone)
	if !reflect.DeepEqual(row.Item(), full().Item()) {
		t.Errorf("got %v, want %v", row.Item(), full().Item())
	}
}

type scans struct {
	DynamoDB
	calls int
	fail  bool
}

func (s *scans) Scan(ctx context.Context, in *dynamodb.ScanInput, options ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	s.calls++
	if !aws.ToBool(in.ConsistentRead) {
		return nil, errors.New("what was written last may be missing")
	}
	if s.fail {
		return nil, errors.New("broken")
	}
	return s.DynamoDB.Scan(ctx, in, options...)
}

// A row that somebody has mended by hand lets nobody in by half.
func TestARowOfAnotherShapeIsAnErrorThatNamesTheAttribute(t *testing.T) {
	number := &types.AttributeValueMemberN{Value: "1.5"}
	for _, name := range []string{
		"name", "contactEmail", "status", "validUntil", "sshKeys", "addressRanges", "tier", "held", "tokenHash", "previousTokenHash",
		"tokenRotatedAt", "usageKey", "previousUsageKey", "usageKeySince", "version",
	} {
		i := full().Item()
		i[name] = number
		tables := dynamotest.Empty(t)
		tables.Create(table, "partner")
		tables.Put(table, i)
		d := &Directory{DynamoDB: tables, Table: table}
		if row, err := d.Find(t.Context(), "acme"); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "acme") || row.ID != "" {
			t.Errorf("%s: %+v, %v", name, row, err)
		}
		for _, err := range d.List(t.Context()) {
			if err == nil {
				t.Errorf("%s is listed", name)
			}
		}
	}
	for name, value := range map[string]types.AttributeValue{
		"sshKeys":        &types.AttributeValueMemberL{Value: []types.AttributeValue{number}},
		"tokenRotatedAt": &types.AttributeValueMemberS{Value: "yesterday"},
	} {
		i := full().Item()
		i[name] = value
		if _, err := read(i); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhoIsLetInFromWhereAndUntilWhen(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	row := func(change func(*Row)) Row {
		r := Row{ID: "acme", Status: contract.PartnerEnabled}
		change(&r)
		return r
	}
	ranges := func(list ...string) Row { return row(func(r *Row) { r.AddressRanges = list }) }
	until := func(at time.Time) Row { return row(func(r *Row) { r.ValidUntil = at }) }
	for name, test := range map[string]struct {
		row    Row
		source string
		want   Refusal
	}{
		"nobody":                      {Row{}, "192.0.2.1", Unknown},
		"anybody":                     {row(func(*Row) {}), "192.0.2.1", Welcome},
		"from nowhere":                {row(func(*Row) {}), "", Welcome},
		"draining":                    {row(func(r *Row) { r.Status = contract.PartnerDraining }), "192.0.2.1", Welcome},
		"disabled":                    {row(func(r *Row) { r.Status = contract.PartnerDisabled }), "192.0.2.1", Disabled},
		"no status":                   {row(func(r *Row) { r.Status = "" }), "192.0.2.1", Disabled},
		"an odd status":               {row(func(r *Row) { r.Status = "enabled" }), "192.0.2.1", Disabled},
		"valid for a second more":     {until(now.Add(time.Second)), "192.0.2.1", Welcome},
		"valid until now":             {until(now), "192.0.2.1", Expired},
		"in the range":                {ranges("198.51.100.0/24", "192.0.2.0/25"), "192.0.2.127", Welcome},
		"behind the range":            {ranges("198.51.100.0/24", "192.0.2.0/25"), "192.0.2.128", ForeignAddress},
		"in a range of version 6":     {ranges("2001:db8::/32"), "2001:db8::1", Welcome},
		"with a zone":                 {ranges("fe80::/10"), "fe80::1%eth0", Welcome},
		"mapped to version 6":         {ranges("192.0.2.0/24"), "::ffff:192.0.2.1", Welcome},
		"no address":                  {ranges("0.0.0.0/0"), "somewhere", ForeignAddress},
		"from nowhere with ranges":    {ranges("0.0.0.0/0", "::/0"), "", ForeignAddress},
		"a range of nonsense":         {ranges("anywhere"), "192.0.2.1", ForeignAddress},
		"nonsense and a proper range": {ranges("anywhere", "192.0.2.0/24"), "192.0.2.1", Welcome},
	} {
		if got := test.row.Refusal(now, test.source); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// It knows all of a token, and of no token none.
func TestTokensAreComparedWhole(t *testing.T) {
	empty := make([]byte, 32)
	for name, test := range map[string]struct {
		row   Row
		token string
		want  bool
	}{
		"the newest":                   {full(), "new", true},
		"the one before":               {full(), "old", true},
		"another":                      {full(), "newer", false},
		"nothing":                      {full(), "", false},
		"of a partner without a token": {Row{}, "new", false},
		"of an empty hash":             {Row{TokenHash: []byte{}}, "new", false},
		"of a hash that is cut off":    {Row{TokenHash: Hash("new")[:31]}, "new", false},
		"of a hash that is too long":   {Row{TokenHash: append(Hash("new"), 0)}, "new", false},
		"of a hash of nothing but 0":   {Row{TokenHash: empty}, "new", false},
	} {
		if got := test.row.Knows(test.token); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := Bearer("acme", "t.x"); got != "acme.t.x" {
		t.Errorf("bearer %s", got)
	}
}
