package wire_test

// This file asks every protocol for what it refuses.

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"
)

var requestID = regexp.MustCompile(`^([0-9A-Z]{16}|[0-9a-f-]{36})$`)

func TestEveryProtocolSaysWhatIsWrongInItsOwnShape(t *testing.T) {
	lostJSON := `{"Key":"lost","Left":2,"__type":"OrderLost","message":"it is \u003clost\u003e"}`
	for _, row := range []struct {
		name, service string
		request       request
		status        int
		want          string // in the body, or "Name: value" in the header
	}{
		{"JSON", "plain", request{header: asJSON, body: `{"OrderID": "lost"}`}, 404, lostJSON},
		{"JSON's older code", "plain", request{header: asJSON, body: `{"OrderID": "lost"}`}, 404, "X-Amzn-Query-Error: Shop.Lost;Sender"},
		{"a failure of the service's own", "plain", request{header: asJSON, body: `{"OrderID": "broken"}`}, 500, `{"__type":"InternalFailure","message":"unexpected EOF"}`},
		{"another shape", "plain", request{header: asJSON, body: `[]`}, 400, `"__type":"com.amazon.coral.service#SerializationException"`},
		{"null", "plain", request{header: asJSON, body: " null\n"}, 400, `"__type":"com.amazon.coral.service#SerializationException"`},
		{"JSON said to be zipped", "plain", request{header: header("X-Amz-Target", "S.PlaceOrder", "Content-Encoding", "gzip"), body: "{}"}, 400, `"__type":"com.amazon.coral.service#SerializationException"`},
		{"a bomb", "plain", request{header: header("X-Amz-Target", "S.PlaceOrder", "Content-Encoding", "gzip"), body: zipped(strings.Repeat(" ", 17<<20))}, 413, `"__type":"RequestEntityTooLargeException"`},
		{"a form of a service of JSON", "plain", request{header: asForm, body: "Action=PlaceOrder"}, 404, `the local engine serves plain by the AWS JSON protocol only`},
		{"query", "query", request{header: asForm, body: "Action=PlaceOrder&OrderID=lost"}, 404,
			`<ErrorResponse xmlns="urn:shop"><Error><Type>Sender</Type><Code>Shop.Lost</Code><Message>it is &lt;lost&gt;</Message></Error><RequestId>ID</RequestId></ErrorResponse>`},
		{"query, of the service's own", "query", request{header: asForm, body: "Action=PlaceOrder&OrderID=broken"}, 500, `<Type>Receiver</Type><Code>InternalFailure</Code>`},
		{"query, refused", "query", request{header: asForm, body: "Action=Guarded"}, 403, `<Code>AccessDenied</Code>`},
		{"query, an unknown action", "query", request{header: asForm, body: "Action=Shout"}, 400, `<Code>InvalidAction</Code>`},
		{"query, no action", "query", request{header: asForm}, 400, `<Code>InvalidAction</Code>`},
		{"query, a word for a number", "query", request{header: asForm, body: "Action=PlaceOrder&Count=many"}, 400, `<Code>MalformedInput</Code>`},
		{"query, a list for a text", "query", request{header: asForm, body: "Action=PlaceOrder&OrderID.member.1=a"}, 400, `<Code>MalformedInput</Code>`},
		{"query, a text for a list", "query", request{header: asForm, body: "Action=PlaceOrder&Line=a"}, 400, `<Code>MalformedInput</Code>`},
		{"query, a name without an end", "query", request{header: asForm, body: "Action=PlaceOrder&a" + strings.Repeat(".a", 100)}, 400, `<Code>MalformedQueryString</Code>`},
		{"query, no form", "query", request{header: asForm, body: "%zz"}, 400, `<Code>MalformedQueryString</Code>`},
		{"query, a long form", "query", request{header: asForm, body: strings.Repeat("a", 17<<20)}, 413, `<Code>RequestEntityTooLargeException</Code>`},
		{"EC2", "ec2", request{header: asForm, body: "Action=PlaceOrder&OrderID=lost"}, 404, `<Response><Errors><Error><Code>Shop.Lost</Code><Message>it is &lt;lost&gt;</Message></Error></Errors><RequestID>ID</RequestID></Response>`},
		{"REST", "json", request{path: "/orders/lost"}, 404, `{"Key":"lost","Left":2,"Message":"it is \u003clost\u003e","Type":"User","message":"it is \u003clost\u003e"}`},
		{"REST's code", "json", request{path: "/orders/lost"}, 404, "X-Amzn-Errortype: OrderLost"},
		{"REST, of the service's own", "json", request{path: "/orders/broken"}, 500, `"Type":"Service"`},
		{"REST, no JSON", "json", request{path: "/orders/o", body: `{`}, 400, "X-Amzn-Errortype: SerializationException"},
		{"REST, a list for a body", "json", request{path: "/orders/o", body: `[1]`}, 400, "X-Amzn-Errortype: SerializationException"},
		{"REST, another path", "json", request{path: "/orders/o/items"}, 404, "X-Amzn-Errortype: UnknownOperationException"},
		{"REST, a part of a path", "json", request{path: "/orders"}, 404, "X-Amzn-Errortype: UnknownOperationException"},
		{"REST, another method", "json", request{method: "DELETE", path: "/orders/o"}, 404, "X-Amzn-Errortype: UnknownOperationException"},
		{"REST with XML", "xml", request{path: "/orders/lost"}, 404, `<Error><Type>Sender</Type><Code>Shop.Lost</Code>`},
		{"S3", "s3", request{method: "GET", path: "/files/lost"}, 404, `<Error><Code>NoSuchKey</Code><Message>it is &lt;lost&gt;</Message><Key>lost</Key><RequestId>ID</RequestId><HostId>`},
		{"S3, a subresource that is not served", "s3", request{method: "GET", path: "/files/a?acl"}, 501, `<Code>NotImplemented</Code>`},
		{"S3, two subresources", "s3", request{method: "GET", path: "/files/a?part&acl"}, 501, `<Code>NotImplemented</Code>`},
		{"CBOR", "json", request{path: rpcPath, header: asCBOR, body: cborOf(cbor.Map{"OrderID": cbor.String("lost")})}, 404, "OrderLost"},
		{"CBOR's older code", "json", request{path: rpcPath, header: asCBOR, body: cborOf(cbor.Map{"OrderID": cbor.String("lost")})}, 404, "X-Amzn-Query-Error: Shop.Lost;Sender"},
		{"CBOR, no CBOR", "json", request{path: rpcPath, header: asCBOR, body: "\x9f"}, 400, "SerializationException"},
		{"CBOR, an unknown action", "json", request{path: "/service/Shop/operation/Shout", header: asCBOR}, 400, "UnknownOperationException"},
		{"CBOR, no action", "json", request{path: "/", header: asCBOR}, 400, "UnknownOperationException"},
		{"CBOR of a service of JSON", "plain", request{path: rpcPath, header: asCBOR}, 404, "the local engine serves plain by the AWS JSON protocol only"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, h := newShop(t, row.service)
			w := row.request.to(h)
			name, value, inHeader := strings.Cut(row.want, ": ")
			found := strings.Contains(idless(w), row.want)
			if inHeader && strings.HasPrefix(name, "X-") {
				found = w.Header().Get(name) == value
			}
			if w.Code != row.status || !found {
				t.Errorf("got %d %s\n%v\nwant %d %s", w.Code, idless(w), w.Header(), row.status, row.want)
			}
			if id := w.Header().Get("X-Amzn-Requestid") + w.Header().Get("X-Amz-Request-Id"); !requestID.MatchString(id) {
				t.Errorf("the request's id is %q", id)
			}
		})
	}
}
