// This file sends messages to queues and topics.

package integration

func sqsMessage() *Integration {
	return &Integration{
		Service: "sqs", Action: "SendMessage", Callback: true,
		naming:  naming{prefix: "SQS", general: "AmazonSQSException", service: "AmazonSQS"},
		prepare: ofObject(texts("MessageBody")), answer: withMetadata("application/x-amz-json-1.0"),
	}
}

func snsMessage() *Integration {
	return &Integration{
		Service: "sns", Action: "Publish", Callback: true,
		naming:  naming{prefix: "SNS", general: "AmazonSNSException", service: "AmazonSNS"},
		prepare: ofObject(texts("Message")), answer: withMetadata("text/xml"),
	}
}
