package transfer

// Host keys that templates bring.

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"net"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAServerInAVPCIsKnownByTheKeyThatItsTemplateBrings(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(string(pem.EncodeToMemory(block)))
	if err != nil {
		t.Fatal(err)
	}
	create := func(body string) (*Transfer, error) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
		t.Cleanup(c.Close)
		servers, types := New(c, Options{}), map[string]cfn.Type{}
		for _, typ := range servers.Types() {
			types[typ.Name] = typ
		}
		template, err := cfn.Parse([]byte(`{"Resources": {
			"Server": {"Type": "AWS::Transfer::Server", "Properties": {"EndpointType": "VPC", "EndpointDetails": {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"]}}},
			"Key": {"Type": "AWS::Transfer::HostKey", "Properties": {"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "HostKeyBody": ` + body + `}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if faults := template.Check(types); len(faults) > 0 {
			t.Fatal(faults)
		}
		_, err = (&cfn.Stack{Name: "Stack", Site: c.Site, Template: template}).Create(t.Context(), types)
		return servers, err
	}
	servers, err := create(string(body))
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	endpoint := servers.Endpoints()[0]
	if want := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))); endpoint.HostKey != want {
		t.Errorf("clients are told %s, want %s", endpoint.HostKey, want)
	}
	var shown ssh.PublicKey
	_, err = ssh.Dial("tcp", endpoint.Address, &ssh.ClientConfig{HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
		shown = key
		return nil
	}})
	if shown == nil || string(shown.Marshal()) != string(public.Marshal()) {
		t.Errorf("clients are shown %v (%v)", shown, err)
	}
	if _, err := create(`"no key"`); err == nil || !strings.Contains(err.Error(), "HostKeyBody") {
		t.Errorf("no key: %v", err)
	}
}
