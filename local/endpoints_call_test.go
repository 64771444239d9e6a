package local_test

// This file looks for the address of a server that a call makes.

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/transfer"

	"github.com/tradepost-dev/tradepost/local"
)

func TestTheAddressOfAServerThatACallMakesIsTold(t *testing.T) {
	var told []local.Endpoints
	engine := startTemplate(t, `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`, local.Options{Changed: func(e local.Endpoints) { told = append(told, e) }})
	client := transfer.NewFromConfig(client(engine))
	made := must(client.CreateServer(t.Context(), &transfer.CreateServerInput{}))
	must(client.DeleteServer(t.Context(), &transfer.DeleteServerInput{ServerId: made.ServerId}))
	if len(told) != 2 || told[0].SFTP[""][*made.ServerId] == "" || len(told[1].SFTP) != 0 {
		t.Errorf("told %+v", told)
	}
}
