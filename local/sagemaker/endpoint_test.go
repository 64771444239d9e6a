package sagemaker_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssagemaker "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	runtimetypes "github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"
)

func create(t *testing.T, client *awssagemaker.Client, config string) error {
	t.Helper()
	_, err := client.CreateEndpoint(t.Context(), &awssagemaker.CreateEndpointInput{EndpointName: aws.String("churn"), EndpointConfigName: &config})
	return err
}

func update(t *testing.T, client *awssagemaker.Client, config string) error {
	t.Helper()
	_, err := client.UpdateEndpoint(t.Context(), &awssagemaker.UpdateEndpointInput{EndpointName: aws.String("churn"), EndpointConfigName: &config})
	return err
}

func remove(t *testing.T, client *awssagemaker.Client) error {
	t.Helper()
	_, err := client.DeleteEndpoint(t.Context(), &awssagemaker.DeleteEndpointInput{EndpointName: aws.String("churn")})
	return err
}

// statuses are an endpoint's from second to second.
func statuses(t *testing.T, client *awssagemaker.Client, seconds int) string {
	t.Helper()
	var seen []string
	for range seconds {
		synctest.Wait()
		if now := status(t, client, "churn"); len(seen) == 0 || seen[len(seen)-1] != now {
			seen = append(seen, now)
		}
		time.Sleep(time.Second)
	}
	return strings.Join(seen, ", ")
}

func TestAnEndpointComesIntoServiceAndChanges(t *testing.T) {
	inEngine(t, `{}`, func(t *testing.T, e *engine, client *awssagemaker.Client) {
		configure(t, client, "one")
		configure(t, client, "two")
		expect(t, "create", create(t, client, "one"), "", "")
		expect(t, "create again", create(t, client, "one"), "ValidationException", `Cannot create already existing endpoint "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn".`)
		expect(t, "update while it is created", update(t, client, "two"), "ValidationException", `Cannot update in-progress endpoint "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn".`)
		expect(t, "delete while it is created", remove(t, client), "ValidationException", "Cannot update in-progress endpoint")
		if got := statuses(t, client, 5); got != "Creating one, InService one" {
			t.Errorf("created: %s", got)
		}
		expect(t, "update", update(t, client, "two"), "", "")
		if got := statuses(t, client, 5); got != "Updating one, InService two" {
			t.Errorf("updated: %s", got)
		}
		d, err := client.DescribeEndpoint(t.Context(), &awssagemaker.DescribeEndpointInput{EndpointName: aws.String("churn")})
		if err != nil || len(d.ProductionVariants) != 1 || *d.ProductionVariants[0].VariantName != "all" || *d.ProductionVariants[0].CurrentInstanceCount != 1 ||
			*d.ProductionVariants[0].CurrentWeight != 1 || *d.ProductionVariants[0].DeployedImages[0].ResolvedImage != "image-two" {
			t.Errorf("%+v, %v", d, err)
		}
		if got := e.told("EndpointStatus"); got != "IN_SERVICE UPDATING IN_SERVICE" {
			t.Errorf("told %s", got)
		}
		expect(t, "delete", remove(t, client), "", "")
		if got := statuses(t, client, 3); got != "Deleting two, ValidationException" {
			t.Errorf("deleted: %s", got)
		}
		expect(t, "update what is gone", update(t, client, "two"), "ValidationException", `Could not find endpoint "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn".`)
		expect(t, "create anew", create(t, client, "two"), "", "")
	})
}

func TestAnEndpointIsDeployedAsItsResponseSays(t *testing.T) {
	for _, row := range []struct {
		name, action, response, want string
	}{
		{"created, and fails", "createEndpoint", `{'Throw': {'Error': 'States.TaskFailed', 'Cause': 'no ping'}}`, "Creating one, Failed one no ping"},
		{"created, and fails in a description", "createEndpoint", `{'Return': {'EndpointStatus': 'Failed', 'FailureReason': 'no ping'}}`, "Creating one, Failed one no ping"},
		{"created, and never ready", "createEndpoint", `{'Return': {'EndpointStatus': 'Creating'}}`, "Creating one"},
		{"updated, and rolled back", "updateEndpoint", `{'Throw': {'Error': 'States.TaskFailed', 'Cause': 'no ping'}}`, "Updating one, RollingBack one no ping, InService one no ping"},
		{"updated, and fails", "updateEndpoint", `{'Return': {'EndpointStatus': 'Failed', 'FailureReason': 'no ping'}}`, "Updating one, Failed one no ping"},
		{"updated, and cannot go back", "updateEndpoint", `{'Return': {'EndpointStatus': 'UpdateRollbackFailed'}}`, "Updating one, UpdateRollbackFailed one The endpoint could not be deployed."},
		{"updated, and never ready", "updateEndpoint", `{'Return': {'EndpointStatus': 'Updating'}}`, "Updating one"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, script(map[string]string{row.action: `{'0-9': ` + row.response + `}`}), func(t *testing.T, e *engine, client *awssagemaker.Client) {
				configure(t, client, "one")
				configure(t, client, "two")
				expect(t, "create", create(t, client, "one"), "", "")
				if row.action == "updateEndpoint" {
					time.Sleep(4 * time.Second)
					expect(t, "update", update(t, client, "two"), "", "")
				}
				got := statuses(t, client, 9)
				if got != row.want {
					t.Errorf("got %s, want %s", got, row.want)
				}
				if strings.Contains(got, "Failed one") {
					expect(t, "update what has failed", update(t, client, "two"), "ValidationException", "It can only be deleted")
					expect(t, "delete what has failed", remove(t, client), "", "")
				}
			})
		})
	}
}

func TestAnEndpointThatCannotBeIsRefused(t *testing.T) {
	inEngine(t, script(map[string]string{
		"createEndpoint": `{'0': {'Throw': {'Error': 'SageMaker.ResourceLimitExceededException', 'Cause': 'the limit is 0'}}, '1': {'Return': {'EndpointStatus': 'Updating'}}, '3': {'Return': {}}}`,
	}), func(t *testing.T, e *engine, client *awssagemaker.Client) {
		configure(t, client, "one")
		expect(t, "without a configuration", create(t, client, "none"), "ValidationException", `Could not find endpoint configuration "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/none".`)
		err := create(t, client, "one")
		if limit := (*types.ResourceLimitExceeded)(nil); !errors.As(err, &limit) {
			t.Errorf("by a response: %v", err)
		}
		expect(t, "by a response that is no end", create(t, client, "one"), "ValidationException", "a deployment does not end as Updating")
		expect(t, "between the responses", create(t, client, "one"), "ValidationException", "nothing for call 2")
		expect(t, "at last", create(t, client, "one"), "", "")
		time.Sleep(4 * time.Second)
		expect(t, "an update to no configuration", update(t, client, "none"), "ValidationException", "Could not find endpoint configuration")
	})
}

func invoke(t *testing.T, client *sagemakerruntime.Client, in sagemakerruntime.InvokeEndpointInput) (string, error) {
	t.Helper()
	in.EndpointName = aws.String("churn")
	out, err := client.InvokeEndpoint(t.Context(), &in)
	if err != nil {
		return "", err
	}
	return string(out.Body) + " " + aws.ToString(out.ContentType) + " " + aws.ToString(out.InvokedProductionVariant), nil
}

func TestAnEndpointAnswersAsItsResponsesSay(t *testing.T) {
	inEngine(t, script(map[string]string{
		"updateEndpoint": `{'0': {'Return': {'EndpointStatus': 'Failed'}}}`,
		"invokeEndpoint": `{
			'0': {'Return': {'Body': '0.1\n0.9\n', 'ContentType': 'text/csv'}},
			'1': {'Return': {'Body': {'predictions': [{'score': 0.5}]}, 'InvokedProductionVariant': 'shadow'}},
			'2': {'Return': {'Body': 'x'}},
			'3': {'Throw': {'Error': 'States.TaskFailed', 'Cause': 'out of memory'}},
			'4': {'Throw': {'Error': 'SageMakerRuntime.ModelErrorException', 'Cause': 'no'}},
			'5': {'Throw': {'Error': 'ServiceUnavailable', 'Cause': 'later'}},
			'6': {'Return': {'Answer': 1}},
			'7-9': {'Return': {'Body': 'still'}}}`,
	}), func(t *testing.T, e *engine, client *awssagemaker.Client) {
		runtime := e.runtime(t)
		csv := sagemakerruntime.InvokeEndpointInput{Body: []byte("1,2\n3,\xff\n"), ContentType: aws.String("text/csv")}
		_, err := invoke(t, runtime, csv)
		expect(t, "before it is there", err, "ValidationError", "Endpoint churn of account 111122223333 not found.")
		configure(t, client, "one")
		expect(t, "create", create(t, client, "one"), "", "")
		_, err = invoke(t, runtime, csv)
		expect(t, "before it is in service", err, "ValidationError", "not found")
		time.Sleep(4 * time.Second)
		for _, row := range []struct {
			in          sagemakerruntime.InvokeEndpointInput
			want, error string
		}{
			{csv, "0.1\n0.9\n text/csv all", ""},
			{csv, `{"predictions":[{"score":0.5}]} text/csv shadow`, ""},
			{sagemakerruntime.InvokeEndpointInput{Body: []byte(`{}`), Accept: aws.String("application/json")}, "x application/json all", ""},
			{csv, "", "ModelError"},
			{csv, "", "ModelError"},
			{csv, "", "ServiceUnavailable"},
			{csv, "", "ValidationError"},
			{sagemakerruntime.InvokeEndpointInput{Body: []byte("1"), TargetVariant: aws.String("all")}, "still application/octet-stream all", ""},
			{sagemakerruntime.InvokeEndpointInput{Body: []byte("1"), TargetVariant: aws.String("other")}, "", "ValidationError"},
		} {
			got, err := invoke(t, runtime, row.in)
			if got != row.want || code(err) != row.error {
				t.Errorf("got %q, %v; want %q, %s", got, err, row.want, row.error)
			}
			if model := (*runtimetypes.ModelError)(nil); row.error == "ModelError" && (!errors.As(err, &model) || *model.OriginalStatusCode != 500 || *model.OriginalMessage == "") {
				t.Errorf("the model's error is %v", err)
			}
		}
		expect(t, "update", update(t, client, "one"), "", "")
		time.Sleep(4 * time.Second)
		if got, err := invoke(t, runtime, csv); got != "still text/csv all" {
			t.Errorf("after an update that has failed: %q, %v", got, err)
		}
		sums := map[string]float64{}
		for _, d := range e.metrics {
			if d.Namespace == "AWS/SageMaker" && d.Dimensions["EndpointName"] == "churn" && d.Dimensions["VariantName"] == "all" {
				sums[d.Name] += d.Value
			}
		}
		if sums["Invocations"] != 9 || sums["Invocation4XXErrors"] != 1 || sums["Invocation5XXErrors"] != 3 || sums["InvocationModelErrors"] != 2 {
			t.Errorf("metrics %v", sums)
		}
	})
}

func TestAnEndpointWithoutResponsesDoesNotAnswer(t *testing.T) {
	inEngine(t, `{}`, func(t *testing.T, e *engine, client *awssagemaker.Client) {
		configure(t, client, "one")
		expect(t, "create", create(t, client, "one"), "", "")
		time.Sleep(4 * time.Second)
		_, err := invoke(t, e.runtime(t), sagemakerruntime.InvokeEndpointInput{Body: []byte("1")})
		expect(t, "invoke", err, "ValidationError", "the response to invokeEndpoint of aws-sdk:sagemaker for churn")
	})
}

func TestModelsAndConfigurationsAreWhatTheyAreAskedToBe(t *testing.T) {
	inEngine(t, `{}`, func(t *testing.T, e *engine, client *awssagemaker.Client) {
		configure(t, client, "one")
		model, err := client.DescribeModel(t.Context(), &awssagemaker.DescribeModelInput{ModelName: aws.String("one")})
		if err != nil || *model.ModelArn != "arn:aws:sagemaker:eu-west-1:111122223333:model/one" || *model.PrimaryContainer.ModelDataUrl != "s3://data/model.tar.gz" || *model.ExecutionRoleArn != role {
			t.Errorf("%+v, %v", model, err)
		}
		config, err := client.DescribeEndpointConfig(t.Context(), &awssagemaker.DescribeEndpointConfigInput{EndpointConfigName: aws.String("one")})
		if err != nil || *config.EndpointConfigArn != "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/one" || *config.ProductionVariants[0].InitialVariantWeight != 1 || *config.ProductionVariants[0].ModelName != "one" {
			t.Errorf("%+v, %v", config, err)
		}
		lists, err := client.ListModels(t.Context(), &awssagemaker.ListModelsInput{})
		if err != nil || len(lists.Models) != 1 || *lists.Models[0].ModelName != "one" {
			t.Errorf("%+v, %v", lists, err)
		}
		configs, err := client.ListEndpointConfigs(t.Context(), &awssagemaker.ListEndpointConfigsInput{})
		if err != nil || len(configs.EndpointConfigs) != 1 || *configs.EndpointConfigs[0].EndpointConfigArn != *config.EndpointConfigArn {
			t.Errorf("%+v, %v", configs, err)
		}
		expect(t, "create", create(t, client, "one"), "", "")
		endpoints, err := client.ListEndpoints(t.Context(), &awssagemaker.ListEndpointsInput{StatusEquals: "Creating"})
		if err != nil || len(endpoints.Endpoints) != 1 || *endpoints.Endpoints[0].EndpointName != "churn" {
			t.Errorf("%+v, %v", endpoints, err)
		}
		// An endpoint goes on without them.
		_, err = client.DeleteModel(t.Context(), &awssagemaker.DeleteModelInput{ModelName: aws.String("one")})
		expect(t, "delete the model", err, "", "")
		_, err = client.DeleteEndpointConfig(t.Context(), &awssagemaker.DeleteEndpointConfigInput{EndpointConfigName: aws.String("one")})
		expect(t, "delete the configuration", err, "", "")
		_, err = client.DeleteModel(t.Context(), &awssagemaker.DeleteModelInput{ModelName: aws.String("one")})
		expect(t, "delete the model again", err, "ValidationException", `Could not find model "arn:aws:sagemaker:eu-west-1:111122223333:model/one".`)
		_, err = client.DeleteEndpointConfig(t.Context(), &awssagemaker.DeleteEndpointConfigInput{EndpointConfigName: aws.String("one")})
		expect(t, "delete the configuration again", err, "ValidationException", "Could not find endpoint configuration")
		time.Sleep(4 * time.Second)
		if got := status(t, client, "churn"); got != "InService one" {
			t.Errorf("the endpoint is %s", got)
		}
	})
}

func TestWhatModelsAndConfigurationsCannotBeIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, message string
		model         func(*awssagemaker.CreateModelInput)
		config        func(*awssagemaker.CreateEndpointConfigInput)
	}{
		{"a model that is there", `Cannot create already existing model "arn:aws:sagemaker:eu-west-1:111122223333:model/one".`, func(in *awssagemaker.CreateModelInput) {}, nil},
		{"without data", "Could not find model data at s3://data/none.tar.gz.", func(in *awssagemaker.CreateModelInput) {
			in.ModelName, in.PrimaryContainer.ModelDataUrl = aws.String("two"), aws.String("s3://data/none.tar.gz")
		}, nil},
		{"without an image", "Both Image and ModelPackageName cannot be empty", func(in *awssagemaker.CreateModelInput) { in.PrimaryContainer.Image = nil }, nil},
		{"without a container", "either PrimaryContainer or Containers", func(in *awssagemaker.CreateModelInput) { in.PrimaryContainer = nil }, nil},
		{"without a role", "executionRoleArn", func(in *awssagemaker.CreateModelInput) { in.ExecutionRoleArn = nil }, nil},
		{"with a bad name", "modelName", func(in *awssagemaker.CreateModelInput) { in.ModelName = aws.String("-") }, nil},
		{"a configuration that is there", "Cannot create already existing endpoint configuration", nil, func(in *awssagemaker.CreateEndpointConfigInput) {}},
		{"without a model", `Could not find model "arn:aws:sagemaker:eu-west-1:111122223333:model/none".`, nil, func(in *awssagemaker.CreateEndpointConfigInput) {
			in.EndpointConfigName, in.ProductionVariants[0].ModelName = aws.String("two"), aws.String("none")
		}},
		{"without instances", "needs an InstanceType", nil, func(in *awssagemaker.CreateEndpointConfigInput) { in.ProductionVariants[0].InitialInstanceCount = nil }},
		{"without variants", "productionVariants", nil, func(in *awssagemaker.CreateEndpointConfigInput) { in.ProductionVariants = []types.ProductionVariant{} }},
		{"with a variant twice", "Duplicate production variant", nil, func(in *awssagemaker.CreateEndpointConfigInput) {
			in.ProductionVariants = append(in.ProductionVariants, in.ProductionVariants[0])
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, `{}`, func(t *testing.T, e *engine, client *awssagemaker.Client) {
				configure(t, client, "one")
				var err error
				if row.model != nil {
					in := &awssagemaker.CreateModelInput{ModelName: aws.String("one"), ExecutionRoleArn: aws.String(role),
						PrimaryContainer: &types.ContainerDefinition{Image: aws.String("i"), ModelDataUrl: aws.String("s3://data/model.tar.gz")}}
					row.model(in)
					_, err = client.CreateModel(t.Context(), in)
				} else {
					in := configuration("one")
					row.config(in)
					_, err = client.CreateEndpointConfig(t.Context(), in)
				}
				expect(t, "create", err, "ValidationException", row.message)
			})
		})
	}
}
