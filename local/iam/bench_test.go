package iam

import "testing"

// BenchmarkAuthorize asks about the last of a role's statements, as often as a
// pipeline does: for every call of every transaction.
func BenchmarkAuthorize(b *testing.B) {
	store, caller := roleWith(b, `[
		{"Effect":"Allow","Action":["xray:PutTraceSegments","xray:PutTelemetryRecords"],"Resource":"*"},
		{"Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:ChangeMessageVisibility","sqs:GetQueueUrl","sqs:DeleteMessage","sqs:GetQueueAttributes"],"Resource":"`+queue+`"},
		{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},
		{"Effect":"Allow","Action":["dynamodb:PutItem","dynamodb:UpdateItem"],"Resource":["arn:aws:dynamodb:us-east-1:000000000000:table/orders","arn:aws:dynamodb:us-east-1:000000000000:table/orders/index/*"],
			"Condition":{"StringEquals":{"aws:PrincipalAccount":"000000000000"}}}]`)
	for b.Loop() {
		if err := store.Authorize(caller, "dynamodb:UpdateItem", "arn:aws:dynamodb:us-east-1:000000000000:table/orders"); err != nil {
			b.Fatal(err)
		}
	}
}
