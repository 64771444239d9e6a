package files

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func row(status contract.FileStatus) map[string]types.AttributeValue {
	counts := func(received, stored int) types.AttributeValue {
		return &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"received": attribute.Number(received), "stored": attribute.Number(stored)}}
	}
	return map[string]types.AttributeValue{
		contract.AttrFileID: attribute.Text("f"), contract.AttrPartner: attribute.Text("acme"), contract.AttrBucket: attribute.Text("landing"),
		contract.AttrKey: attribute.Text("inbox/acme/a.xml"), contract.AttrVersionID: attribute.Text("v1"), contract.AttrFile: attribute.Text("a.xml"),
		contract.AttrReceived: attribute.Number(7), contract.AttrDeadline: attribute.Number(2000), contract.AttrAttempts: attribute.Number(3),
		contract.AttrStatus: attribute.Text(status), contract.AttrLeaseUntil: attribute.Number(1000), contract.AttrTotals: counts(7, 6),
		contract.AttrPrevious: counts(7, 5), contract.AttrCode: attribute.Text("C"), contract.AttrReason: attribute.Text("why"),
		contract.AttrClaimedAt: attribute.Number(500),
	}
}

func TestARowIsReadWhole(t *testing.T) {
	for status, reason := range map[contract.FileStatus]*contract.Reason{
		contract.FileQuarantined: {Code: "C", Message: "why"},
		contract.FileOverdue:     nil, // it says how many are missing; the file is sound
	} {
		got, err := Read(row(status))
		if err != nil {
			t.Fatal(err)
		}
		want := Row{
			Settlement: contract.Settlement{
				FileID: "f", Partner: "acme", Bucket: "landing", Key: "inbox/acme/a.xml", VersionID: "v1", File: "a.xml", Received: 7,
				Deadline: time.UnixMilli(2000).UTC(), Attempt: 3, Previous: &contract.Totals{Received: 7, Stored: 5}, Reason: reason,
			},
			Status: status, Totals: contract.Totals{Received: 7, Stored: 6}, LeaseUntil: time.UnixMilli(1000), ClaimedAt: time.UnixMilli(500).UTC(),
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", status, got)
		}
	}
}

func TestARowOfAnotherShapeSaysWhere(t *testing.T) {
	for _, name := range []string{contract.AttrReceived, contract.AttrDeadline, contract.AttrAttempts, contract.AttrLeaseUntil, contract.AttrClaimedAt} {
		item := row(contract.FileSplit)
		item[name] = attribute.Text("seven")
		if _, err := Read(item); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "file f") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
