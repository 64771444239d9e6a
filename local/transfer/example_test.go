package transfer_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local"
)

// An SFTP server of a template, whose files are objects of a bucket.
func Example() {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		panic(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		panic(err)
	}
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	template := filepath.Join(folder, "shop.json")
	if err := os.WriteFile(template, []byte(`{"Resources": {
		"Landing": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "landing"}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Effect": "Allow", "Principal": {"Service": "transfer.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
			"Policies": [{"PolicyName": "Landing", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::landing"},
				{"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "arn:aws:s3:::landing/*"}]}}]}},
		"Server": {"Type": "AWS::Transfer::Server", "Properties": {"Protocols": ["SFTP"]}},
		"Ann": {"Type": "AWS::Transfer::User", "Properties": {
			"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "UserName": "ann", "Role": {"Fn::GetAtt": ["Role", "Arn"]},
			"HomeDirectory": "/landing/ann", "SshPublicKeys": ["`+strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))+`"]}}}}`), 0o600); err != nil {
		panic(err)
	}
	engine, err := local.Start(context.Background(), local.Options{Assembly: template})
	if err != nil {
		panic(err)
	}
	defer engine.Close()

	connection, err := ssh.Dial("tcp", engine.Endpoints().SFTP["shop"]["Server"], &ssh.ClientConfig{
		User: "ann", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	client, err := sftp.NewClient(connection)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	file, err := client.OpenFile("/landing/ann/orders.xml", os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		panic(err)
	}
	if _, err := file.Write([]byte("<Orders/>")); err != nil {
		panic(err)
	}
	if err := file.Close(); err != nil {
		panic(err)
	}
	about, err := client.Stat("/landing/ann/orders.xml")
	if err != nil {
		panic(err)
	}
	fmt.Println(about.Name(), about.Size(), "bytes")
	// Output: orders.xml 9 bytes
}
