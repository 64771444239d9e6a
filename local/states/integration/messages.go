// This file sends messages to queues and topics.

package integration

func sqsMessage() *Integration {
	return &Integration{
		Service: "sqs", Action: "SendMessage", Callback: true,
		naming:  naming{api: "sqs", prefix: "SQS", general: "AmazonSQSException", service: "AmazonSQS"},
		prepare: ofObject(texts("MessageBody")), metadata: json10(),
	}
}

func snsMessage() *Integration {
	return &Integration{
		Service: "sns", Action: "Publish", Callback: true,
		naming:  naming{api: "sns", prefix: "SNS", general: "AmazonSNSException", service: "AmazonSNS"},
		prepare: ofObject(texts("Message")), metadata: ofSNS(),
	}
}
