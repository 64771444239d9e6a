package wire_test

// This file has one service that speaks every protocol, and holds the
// protocols against each other.

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

type line struct {
	Sku string `xml:"sku"`
	Qty int    `json:",omitempty"`
}

type order struct {
	OrderID string
	Count   int
	Weight  float64 `json:",omitempty"`
	Urgent  bool
	Placed  cloud.Time
	Seal    []byte            `json:",omitempty"`
	Notes   map[string]string `json:"notes,omitempty"`
	Lines   []line            `json:",omitempty" query:"Line"`
	Payload raw               `json:",omitempty"`
	Status  int               `json:",omitempty"`
}

// raw is a body of its own.
type raw []byte

func (r raw) MarshalJSON() ([]byte, error) { return r, nil }

func (r *raw) UnmarshalJSON(text []byte) error { *r = append(raw{}, text...); return nil }

// shop is a service by the name of a protocol's dialect.
type shop struct {
	*cloud.Cloud
	name    string
	got     []order
	faults  int
	streams int
}

var placed = cloud.Time(time.Date(2026, 11, 24, 10, 30, 0, 0, time.UTC))

func newShop(t *testing.T, name string) (*shop, *wire.Handler) {
	t.Helper()
	s := &shop{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}), name: name}
	t.Cleanup(s.Close)
	s.Register(name, cloud.Operations{
		"PlaceOrder": cloud.Handle(func(_ context.Context, _ cloud.Caller, in order) (any, error) {
			s.got = append(s.got, in)
			switch in.OrderID {
			case "lost":
				return nil, &cloud.Error{Status: 404, Code: "OrderLost", QueryCode: "Shop.Lost", Message: "it is <lost>", Fields: map[string]any{"Key": "lost", "Left": 2, "Nothing": nil}}
			case "broken":
				return nil, io.ErrUnexpectedEOF
			case "nothing":
				return nil, nil
			}
			return in, nil
		}),
		"Guarded": cloud.Handle(func(_ context.Context, _ cloud.Caller, in struct{}) (any, error) {
			return nil, cloud.Errorf(403, "AccessDeniedException", "no")
		}),
	})
	protocols := wire.Protocols{
		SigningName: "signed-" + name, CBOR: true, Query: &wire.Query{Namespace: "urn:shop"},
		REST: &wire.REST{
			Subresources: []string{"acl", "part"},
			Routes: []wire.Route{
				{Pattern: "POST /orders/{OrderID}", Action: "PlaceOrder", Query: []string{"Count", "Urgent"},
					Headers: map[string]string{"X-Placed": "Placed", "X-Seal": "Seal"}},
				{Pattern: "PUT /orders/{OrderID}", Action: "PlaceOrder", Payload: "Payload", Status: "Status",
					Headers: map[string]string{"X-Status": "Status"}, AnswerHeaders: map[string]string{"X-Order": "OrderID", "X-Seal": "Seal"}},
				{Pattern: "GET /guarded", Action: "Guarded"},
				{Pattern: "GET /files/{Key+}?part", Action: "GetPart", Serve: s.stream},
				{Pattern: "GET /files/{Key+}", Action: "GetFile", Serve: s.stream},
			},
		},
	}
	switch name {
	case "xml":
		protocols.REST.Style = wire.XML
	case "s3":
		protocols.REST.Style = wire.S3
	case "query", "ec2":
		protocols.REST = nil
	case "plain":
		protocols = wire.Protocols{}
	}
	identify := func(*http.Request) (cloud.Caller, string, error) { return s.Administrator(), "signed-" + name, nil }
	if name == "plain" {
		return s, wire.As(s.Cloud, s.Administrator(), name, protocols)
	}
	return s, wire.New(s.Cloud, identify, map[string]wire.Protocols{name: protocols})
}

func (s *shop) stream(x *wire.Exchange) error {
	s.streams++
	if x.Labels["Key"] == "lost" {
		return &cloud.Error{Status: 404, Code: "NoSuchKey", Message: "it is <lost>", Fields: map[string]any{"Key": "lost", "Marker": true}}
	}
	_, err := io.WriteString(x.Writer, "file "+x.Labels["Key"])
	return err
}

// request is a request without what all have in common.
type request struct {
	method, path, body string
	header             map[string]string
}

func (r request) to(h http.Handler) *httptest.ResponseRecorder {
	method, path := r.method, r.path
	if method == "" {
		method = "POST"
	}
	if path == "" {
		path = "/"
	}
	made := httptest.NewRequest(method, path, strings.NewReader(r.body))
	for name, value := range r.header {
		made.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, made)
	return w
}

func header(pairs ...string) map[string]string {
	h := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		h[pairs[i]] = pairs[i+1]
	}
	return h
}

var (
	asJSON  = header("X-Amz-Target", "Shop_2026.PlaceOrder", "Content-Type", "application/x-amz-json-1.1")
	asForm  = header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	asCBOR  = header("Smithy-Protocol", "rpc-v2-cbor", "Content-Type", "application/cbor")
	rpcPath = "/service/Shop/operation/PlaceOrder"
)

func cborOf(members cbor.Map) string { return string(cbor.Encode(members)) }

// idless takes the request's id out of an answer.
func idless(w *httptest.ResponseRecorder) string {
	text := w.Body.String()
	for _, name := range []string{"X-Amzn-Requestid", "X-Amz-Request-Id"} {
		if id := w.Header().Get(name); id != "" {
			text = strings.ReplaceAll(text, id, "ID")
		}
	}
	return text
}

func TestEveryProtocolBringsTheSameInputToTheOperation(t *testing.T) {
	want := order{
		OrderID: "o 1", Count: 2, Weight: 1.5, Urgent: true, Placed: placed, Seal: []byte{0, 1, 255},
		Notes: map[string]string{"a.b": "x=y&z", "c": ""}, Lines: []line{{"S1", 3}, {"S2", 0}},
	}
	const rest = `"Weight": 1.5, "notes": {"a.b": "x=y&z", "c": ""}, "Lines": [{"Sku": "S1", "Qty": 3}, {"Sku": "S2"}]`
	for _, row := range []struct {
		name, service string
		request       request
	}{
		{"JSON", "plain", request{header: asJSON, body: `{"OrderID": "o 1", "Count": 2, "Urgent": true, "Placed": 1795516200, "Seal": "AAH/", ` + rest + `}`}},
		{"JSON with a time in text", "plain", request{header: asJSON, body: `{"OrderID": "o 1", "Count": 2, "Urgent": true, "Placed": "2026-11-24T11:30:00+01:00", "Seal": "AAH/", ` + rest + `}`}},
		{"a form", "query", request{header: asForm, body: "Action=PlaceOrder&Version=1&OrderID=o+1&Count=2&Weight=1.5&Urgent=true&Placed=2026-11-24T10:30:00Z&Seal=AAH/" +
			"&notes.entry.1.key=a.b&notes.entry.1.value=x%3Dy%26z&notes.entry.2.key=c&notes.entry.2.value=" +
			"&Line.member.1.Sku=S1&Line.member.1.Qty=3&Line.member.2.Sku=S2"}},
		{"a form as SQS and EC2 have it", "ec2", request{header: asForm, body: "Action=PlaceOrder&OrderID=o+1&Count=2&Weight=1.5&Urgent=true&Placed=2026-11-24T10:30:00Z&Seal=AAH/" +
			"&notes.1.Name=a.b&notes.1.Value=x%3Dy%26z&notes.2.Name=c&notes.2.Value=" +
			"&Line.1.Sku=S1&Line.1.Qty=3&Line.2.Sku=S2"}},
		{"a form in the query string", "query", request{method: "GET", path: "/?Action=PlaceOrder&OrderID=o+1&Count=2&Weight=1.5&Urgent=true&Placed=2026-11-24T10:30:00Z&Seal=AAH/" +
			"&notes.entry.1.key=a.b&notes.entry.1.value=x%3Dy%26z&notes.entry.2.key=c&Line.member.1.Sku=S1&Line.member.1.Qty=3&Line.member.2.Sku=S2"}},
		{"REST", "json", request{path: "/orders/o%201?Count=2&Urgent=true", header: header("X-Placed", "2026-11-24T10:30:00Z", "X-Seal", "AAH/"), body: ` {` + rest + `} `}},
		{"CBOR", "json", request{path: rpcPath, header: asCBOR, body: cborOf(cbor.Map{
			"OrderID": cbor.String("o 1"), "Count": cbor.Uint(2), "Weight": cbor.Float32(1.5), "Urgent": cbor.Bool(true),
			"Placed": &cbor.Tag{ID: 1, Value: cbor.Float64(placed.Seconds())}, "Seal": cbor.Slice{0, 1, 255},
			"notes": cbor.Map{"a.b": cbor.String("x=y&z"), "c": cbor.String("")},
			"Lines": cbor.List{cbor.Map{"Sku": cbor.String("S1"), "Qty": cbor.Uint(3)}, cbor.Map{"Sku": cbor.String("S2"), "Qty": &cbor.Nil{}}},
		})}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, h := newShop(t, row.service)
			if w := row.request.to(h); w.Code != 200 || len(s.got) != 1 {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			got := s.got[0]
			if !time.Time(got.Placed).Equal(time.Time(want.Placed)) {
				t.Errorf("the time is %s", got.Placed)
			}
			got.Placed = want.Placed
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestEveryProtocolWritesTheOutputInItsOwnForm(t *testing.T) {
	const given = `{"OrderID": "o<1>", "Count": -2, "Weight": 1.5, "Placed": 1795516200.25, "Seal": "AAH/", "notes": {"b": "2", "a": "1"}, "Lines": [{"Sku": "S1", "Qty": 3}, {"Sku": "S2"}]}`
	const form = "Action=PlaceOrder&OrderID=o%3C1%3E&Count=-2&Weight=1.5&Placed=2026-11-24T10:30:00.25Z&Seal=AAH/&notes.entry.1.key=b&notes.entry.1.value=2&notes.entry.2.key=a&notes.entry.2.value=1&Line.member.1.Sku=S1&Line.member.1.Qty=3&Line.member.2.Sku=S2"
	const asText = `{"OrderID":"o<1>","Count":-2,"Weight":1.5,"Urgent":false,"Placed":1.79551620025E9,"Seal":"AAH/","notes":{"a":"1","b":"2"},"Lines":[{"Sku":"S1","Qty":3},{"Sku":"S2"}]}`
	const xmlMembers = `<OrderID>o&lt;1&gt;</OrderID><Count>-2</Count><Weight>1.5</Weight><Urgent>false</Urgent><Placed>2026-11-24T10:30:00.250Z</Placed><Seal>AAH/</Seal>` +
		`<notes><entry><key>a</key><value>1</value></entry><entry><key>b</key><value>2</value></entry></notes>` +
		`<Lines><ITEM><sku>S1</sku><Qty>3</Qty></ITEM><ITEM><sku>S2</sku></ITEM></Lines>`
	for _, row := range []struct {
		name, service string
		request       request
		contentType   string
		want          string
	}{
		{"JSON", "plain", request{header: asJSON, body: given}, "application/x-amz-json-1.1", asText},
		{"JSON without an output", "plain", request{header: asJSON, body: `{"OrderID": "nothing"}`}, "application/x-amz-json-1.1", "{}"},
		{"query", "query", request{header: asForm, body: form}, "text/xml", `<PlaceOrderResponse xmlns="urn:shop"><PlaceOrderResult>` +
			strings.ReplaceAll(xmlMembers, "ITEM", "member") + `</PlaceOrderResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></PlaceOrderResponse>`},
		{"query without an output", "query", request{header: asForm, body: "Action=PlaceOrder&OrderID=nothing"}, "text/xml",
			`<PlaceOrderResponse xmlns="urn:shop"><PlaceOrderResult/><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></PlaceOrderResponse>`},
		{"EC2", "ec2", request{header: asForm, body: form}, "text/xml", `<PlaceOrderResponse xmlns="urn:shop"><requestId>ID</requestId>` +
			strings.ReplaceAll(xmlMembers, "ITEM", "item") + `</PlaceOrderResponse>`},
		{"REST", "json", request{path: "/orders/o%3C1%3E", body: given}, "application/json", asText},
		{"a body of its own", "json", request{method: "PUT", path: "/orders/o1/", header: header("X-Status", "202"), body: "{\"b\": 1.0,\n\"a\": 1e400}"}, "application/json", "{\"b\": 1.0,\n\"a\": 1e400}"},
		{"a stream", "s3", request{method: "GET", path: "/files/a//b%2Fc/"}, "", "file a//b/c/"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, h := newShop(t, row.service)
			w := row.request.to(h)
			if got := idless(w); w.Code/100 != 2 || got != row.want {
				t.Errorf("got %d\n%s\nwant\n%s", w.Code, got, row.want)
			}
			if got := w.Header().Get("Content-Type"); row.contentType != "" && got != row.contentType {
				t.Errorf("content type %s", got)
			}
			if row.name == "a body of its own" && (w.Code != 202 || w.Header().Get("X-Order") != "o1" || w.Header().Get("X-Seal") != "") {
				t.Errorf("got %d, header %v", w.Code, w.Header())
			}
		})
	}
}

func TestCBORTellsTimesBytesAndNumbersApart(t *testing.T) {
	_, h := newShop(t, "json")
	w := request{path: rpcPath, header: asCBOR, body: cborOf(cbor.Map{
		"OrderID": cbor.String("o1"), "Count": cbor.NegInt(2), "Weight": cbor.Float64(1.5), "Placed": cbor.Float64(placed.Seconds()), "Seal": cbor.Slice{7}, "notes": cbor.Map{"a": cbor.String("1")},
	})}.to(h)
	got, err := cbor.Decode(w.Body.Bytes())
	if err != nil || w.Code != 200 {
		t.Fatalf("%d %v", w.Code, err)
	}
	want := cbor.Map{
		"OrderID": cbor.String("o1"), "Count": cbor.NegInt(2), "Weight": cbor.Float64(1.5), "Urgent": cbor.Bool(false),
		"Placed": &cbor.Tag{ID: 1, Value: cbor.Float64(placed.Seconds())}, "Seal": cbor.Slice{7}, "notes": cbor.Map{"a": cbor.String("1")},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

func TestAFaultReachesACallOverEveryProtocolExactlyOnce(t *testing.T) {
	for _, row := range []struct {
		name, service, action string
		request               request
		want                  string
	}{
		{"JSON", "plain", "PlaceOrder", request{header: asJSON, body: "{}"}, `"__type":"ThrottlingException"`},
		{"JSON of a service that speaks others", "json", "PlaceOrder", request{header: asJSON, body: "{}"}, `"__type":"ThrottlingException"`},
		{"query", "query", "PlaceOrder", request{header: asForm, body: "Action=PlaceOrder"}, "<Code>Throttling</Code>"},
		{"EC2", "ec2", "PlaceOrder", request{header: asForm, body: "Action=PlaceOrder"}, "<Code>Throttling</Code>"},
		{"REST", "json", "PlaceOrder", request{path: "/orders/o"}, `"message":"slow down"`},
		{"a stream", "s3", "GetPart", request{method: "GET", path: "/files/a?part"}, "<Code>ThrottlingException</Code>"},
		{"CBOR", "json", "PlaceOrder", request{path: rpcPath, header: asCBOR}, "ThrottlingException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, h := newShop(t, row.service)
			s.Fault = func(_ context.Context, call cloud.Call) error {
				s.faults++
				if call.Service != row.service || call.Action != row.action || !call.Caller.Root {
					t.Errorf("the fault saw %+v", call)
				}
				return cloud.Errorf(400, "ThrottlingException", "slow down")
			}
			w := row.request.to(h)
			if s.faults != 1 || len(s.got) != 0 || s.streams != 0 || !strings.Contains(w.Body.String(), row.want) {
				t.Errorf("%d faults, %d calls, %d streams: %s", s.faults, len(s.got), s.streams, w.Body)
			}
		})
	}
}

func TestAZippedRequestIsReadOverEveryProtocol(t *testing.T) {
	for name, r := range map[string]request{
		"plain": {header: asJSON, body: `{"OrderID": "o1"}`},
		"query": {header: asForm, body: "Action=PlaceOrder&OrderID=o1"},
		"json":  {path: "/orders/o1", header: header(), body: `{"Count": 1}`},
		"rpc":   {path: rpcPath, header: asCBOR, body: cborOf(cbor.Map{"OrderID": cbor.String("o1")})},
	} {
		t.Run(name, func(t *testing.T) {
			s, h := newShop(t, name)
			h2 := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Set("Content-Encoding", "gzip")
				h.ServeHTTP(w, r)
			})
			r.body = zipped(r.body)
			if w := r.to(h2); w.Code != 200 || len(s.got) != 1 || s.got[0].OrderID != "o1" {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
}

func FuzzForm(f *testing.F) {
	f.Add("Count", "1", "Lines.member.1.Sku", "S")
	f.Add("notes.entry.1.key", "k", "notes.entry.1", "v")
	f.Add("Placed", "now", "Lines.-1", "")
	f.Add("Count", " 1", "Lines.member.1.Sku", "S")
	f.Add("Count", "true", "Lines.member.1.Sku", "S")
	f.Fuzz(func(t *testing.T, name, value, other, text string) {
		_, err := wire.Form(map[string][]string{name: {value}, other: {text}}, reflect.TypeFor[order]())
		if err != nil && cloud.AsError(err).Code != "MalformedQueryString" {
			t.Errorf("%q=%q&%q=%q: %v", name, value, other, text, err)
		}
	})
}
