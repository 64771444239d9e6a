package dynamodb

// The records of streams, as GetRecords answers them.

import (
	"crypto/md5"
	"encoding/hex"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type streamRecord struct {
	EventID      string      `json:"eventID"`
	EventName    string      `json:"eventName"` // INSERT, MODIFY or REMOVE
	EventVersion string      `json:"eventVersion"`
	EventSource  string      `json:"eventSource"`
	AWSRegion    string      `json:"awsRegion"`
	DynamoDB     streamImage `json:"dynamodb"`

	UserIdentity *identity `json:"userIdentity,omitempty"` // of what DynamoDB has done itself
}

type streamImage struct {
	ApproximateCreationDateTime cloud.Time
	Keys                        item
	NewImage                    item `json:",omitzero"`
	OldImage                    item `json:",omitzero"`
	SequenceNumber              string
	SizeBytes                   int
	StreamViewType              string
}

type identity struct {
	PrincipalId string
	Type        string
}

// record tells of a change what the stream's view shows.
func (s *stream) record(region string, place uint64, c delta) streamRecord {
	number := s.sequence(place)
	sum := md5.Sum([]byte(s.arn + number))
	r := streamRecord{EventID: hex.EncodeToString(sum[:]), EventName: "MODIFY", EventVersion: "1.1", EventSource: "aws:dynamodb", AWSRegion: region}
	before, after := itemOf(c.old), itemOf(c.changed)
	keyed := after
	switch {
	case before == nil:
		r.EventName = "INSERT"
	case after == nil:
		r.EventName, keyed = "REMOVE", before
	}
	if c.expired {
		r.UserIdentity = &identity{PrincipalId: "dynamodb.amazonaws.com", Type: "Service"}
	}
	r.DynamoDB = streamImage{
		ApproximateCreationDateTime: cloud.Time(c.at.Truncate(timePrecision)),
		Keys:                        s.schema.of(keyed),
		SequenceNumber:              number,
		StreamViewType:              s.view,
	}
	if strings.HasPrefix(s.view, "NEW_") {
		r.DynamoDB.NewImage = after
	}
	if strings.HasSuffix(s.view, "OLD_IMAGE") || s.view == newAndOld {
		r.DynamoDB.OldImage = before
	}
	r.DynamoDB.SizeBytes = r.DynamoDB.size()
	return r
}

const newAndOld = "NEW_AND_OLD_IMAGES"

func (i streamImage) size() int { return i.Keys.size() + i.NewImage.size() + i.OldImage.size() }
