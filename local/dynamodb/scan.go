package dynamodb

// Scan, and its segments.

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type scanRequest struct {
	readRequest
	ScanFilter    attributeConditions
	Segment       *int
	TotalSegments *int
}

func (d *DynamoDB) scan(ctx context.Context, caller cloud.Caller, in scanRequest) (readAnswer, error) {
	name, err := d.authorizeIndexed(caller, "Scan", in.TableName, in.IndexName)
	if err != nil {
		return readAnswer{}, err
	}
	var r reading
	if err := in.parse(&r); err != nil {
		return readAnswer{}, err
	}
	if err := d.bindRead(&r, name, in.readRequest); err != nil {
		return readAnswer{}, err
	}
	if err := r.startAfter(in.ExclusiveStartKey); err != nil {
		return readAnswer{}, err
	}
	return d.perform(ctx, &r, in.readRequest)
}

func (s scanRequest) parse(r *reading) error {
	err := checkMixed(
		[]parameter{{"AttributesToGet", s.AttributesToGet != nil}, {"ScanFilter", s.ScanFilter != nil}, {"ConditionalOperator", s.ConditionalOperator != ""}},
		[]parameter{{"ProjectionExpression", s.ProjectionExpression != nil}, {"FilterExpression", s.FilterExpression != nil}})
	if err != nil {
		return err
	}
	if r.low, r.high, err = segment(s.Segment, s.TotalSegments); err != nil {
		return err
	}
	if s.TotalSegments != nil {
		r.segments = fmt.Sprintf("TotalSegments: %d Segment: %d", *s.TotalSegments, *s.Segment)
	}
	p, err := s.placeholders("FilterExpression is", s.FilterExpression)
	if err != nil {
		return err
	}
	_, err = r.parse(s.readRequest, s.ScanFilter, "scanFilter", p)
	return err
}

// segment returns the bounds of one of the equal parts of the hashes that
// storage keys begin with.
func segment(part, total *int) (low, high string, err error) {
	switch {
	case part == nil && total == nil:
		return "", "", nil
	case part == nil:
		return "", "", invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case total == nil:
		return "", "", invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case *total < 1 || *total > 1000000:
		return "", "", invalid("1 validation error detected: Value '%d' at 'totalSegments' failed to satisfy constraint: Member must have value between 1 and 1000000", *total)
	case *part < 0 || *part >= *total:
		return "", "", invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", *part, *total)
	}
	return segmentStart(*part, *total), segmentStart(*part+1, *total), nil
}

func segmentStart(part, total int) string {
	if part == 0 || part == total {
		return ""
	}
	hash, _ := bits.Div64(uint64(part), 0, uint64(total)) // part × 2^64 / total
	return string(binary.BigEndian.AppendUint64(nil, hash))
}
