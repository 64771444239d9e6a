package schema

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestChangesMeanWhatAWSDocuments(t *testing.T) {
	for _, row := range []struct {
		typeName, path string
		want           Recreation
	}{
		{"AWS::DynamoDB::Table", "TableName", Always},
		{"AWS::DynamoDB::Table", "KeySchema", Always},
		{"AWS::DynamoDB::Table", "KeySchema.0.AttributeName", Always},
		{"AWS::DynamoDB::Table", "BillingMode", Never},
		{"AWS::DynamoDB::Table", "GlobalSecondaryIndexes.0.KeySchema.0.AttributeName", Never},
		{"AWS::DynamoDB::GlobalTable", "GlobalSecondaryIndexes.2.Projection.ProjectionType", Conditionally},
		{"AWS::DynamoDB::GlobalTable", "GlobalSecondaryIndexes.2.IndexName", Never},
		{"AWS::DynamoDB::GlobalTable", "GlobalSecondaryIndexes.2", Conditionally},
		{"AWS::DynamoDB::GlobalTable", "LocalSecondaryIndexes", Always},
		{"AWS::SQS::Queue", "QueueName", Always},
		{"AWS::SQS::Queue", "FifoQueue", Always},
		{"AWS::SQS::Queue", "VisibilityTimeout", Never},
		{"AWS::Lambda::Function", "FunctionName", Always},
		{"AWS::Lambda::Function", "PackageType", Always},
		{"AWS::Lambda::Function", "Code.S3Key", Never},
		{"AWS::Lambda::Function", "Environment.Variables.FunctionName", Never},
		{"AWS::Lambda::Version", "FunctionName", Always},
		{"AWS::Lambda::Alias", "RoutingConfig", Never},
		{"AWS::Lambda::EventSourceMapping", "EventSourceArn", Always},
		{"AWS::Lambda::Permission", "Principal", Always},
		{"AWS::IAM::Role", "RoleName", Always},
		{"AWS::IAM::Role", "AssumeRolePolicyDocument.Statement.0.Effect", Never},
		{"AWS::IAM::ManagedPolicy", "Description", Always},
		{"AWS::IAM::ManagedPolicy", "PolicyDocument", Never},
		{"AWS::S3::Bucket", "BucketName", Always},
		{"AWS::S3::Bucket", "VersioningConfiguration.Status", Never},
		{"AWS::ApiGateway::Deployment", "RestApiId", Always},
		{"AWS::ApiGateway::Deployment", "Description", Never},
		{"AWS::ApiGateway::Stage", "StageName", Always},
		{"AWS::ApiGateway::Stage", "DeploymentId", Never},
		{"AWS::ApiGateway::Method", "HttpMethod", Always},
		{"AWS::StepFunctions::StateMachine", "StateMachineType", Always},
		{"AWS::StepFunctions::StateMachine", "DefinitionString", Never},
		{"AWS::Transfer::Server", "EndpointDetails.AddressAllocationIds.0", Conditionally},
		{"AWS::Transfer::Server", "EndpointDetails.SecurityGroupIds", Never},
		{"AWS::EC2::Instance", "ImageId", Always},
		{"AWS::EC2::Instance", "UserData", Conditionally},
		{"AWS::Logs::LogGroup", "RetentionInDays", Never},
		{"AWS::CloudFormation::CustomResource", "ServiceToken", Always},
		{"Custom::Import", "ServiceToken", Always},
		{"Custom::Import", "Rows", Never},
	} {
		t.Run(row.typeName+" "+row.path, func(t *testing.T) {
			got, known := Of(row.typeName, strings.Split(row.path, ".")...)
			if got != row.want || !known {
				t.Errorf("a change means %s (known: %t), want %s", got, known, row.want)
			}
		})
	}
}

func TestAChangeOfAWholeResourceMeansTheMostOfAllItsProperties(t *testing.T) {
	if got, _ := Of("AWS::Transfer::Server"); got != Always {
		t.Errorf("it means %s", got)
	}
	if got, _ := Of("AWS::IAM::Policy"); got != Never {
		t.Errorf("it means %s where all properties change in place", got)
	}
}

func TestATypeThatAWSDoesNotHaveIsNotKnown(t *testing.T) {
	if got, known := Of("Tradepost::No::Type", "Name"); got != Never || known {
		t.Errorf("it is %s, known: %t", got, known)
	}
}

// go generate has been run since the CLI was last changed.
func TestTheSchemasAreThoseOfTheCLIThatIsUsed(t *testing.T) {
	text, err := os.ReadFile("../../../package.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ DevDependencies map[string]string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if want := "aws-cdk " + manifest.DevDependencies["aws-cdk"]; Source() != want {
		t.Errorf("the schemas are from %s, and package.json says %s: go generate ./local/cfn/schema", Source(), want)
	}
}
