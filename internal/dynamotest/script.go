package dynamotest

// This file fails calls by a script.

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Script answers calls with its errors, the last of them again and again.
type Script []error

// ErrHangs in a Script is a call that is not answered until its context ends.
var ErrHangs = errors.New("hangs")

// PutItem writes nothing.
func (s *Script) PutItem(ctx context.Context, _ *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	err := (*s)[0]
	if len(*s) > 1 {
		*s = (*s)[1:]
	}
	if err == ErrHangs {
		<-ctx.Done()
		return nil, &aws.RequestCanceledError{Err: ctx.Err()}
	}
	return &dynamodb.PutItemOutput{}, err
}
