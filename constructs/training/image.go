package training

// This file knows the address of a container of SageMaker's own.

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// XGBoost is the address of SageMaker's XGBoost 1.7-1 in the stack's region: a
// container that trains and serves, and measures by validation:auc,
// validation:rmse and others, as its hyperparameter eval_metric says. Call it
// once per scope. It panics if SageMaker has none in the region.
func XGBoost(scope constructs.Construct) string {
	stack := awscdk.Stack_Of(scope)
	mapping := map[string]*map[string]any{}
	for region, account := range registries {
		mapping[region] = &map[string]any{"Registry": account}
	}
	registry := awscdk.NewCfnMapping(scope, jsii.String("XGBoostRegistries"), &awscdk.CfnMappingProps{Mapping: &mapping})
	return fmt.Sprintf("%s.dkr.ecr.%s.%s/sagemaker-xgboost:1.7-1", *registry.FindInMap(stack.Region(), jsii.String("Registry"), nil), *stack.Region(), *stack.UrlSuffix())
}

// registries are the accounts that hold the container, by region.
// https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
var registries = map[string]string{
	"af-south-1": "510948584623", "ap-east-1": "651117190479", "ap-northeast-1": "354813040037", "ap-northeast-2": "366743142698",
	"ap-northeast-3": "867004704886", "ap-south-1": "720646828776", "ap-southeast-1": "121021644041", "ap-southeast-2": "783357654285",
	"ca-central-1": "341280168497", "eu-central-1": "492215442770", "eu-north-1": "662702820516", "eu-south-1": "978288397137",
	"eu-west-1": "141502667606", "eu-west-2": "764974769150", "eu-west-3": "659782779980", "me-south-1": "801668240914",
	"sa-east-1": "737474898029", "us-east-1": "683313688378", "us-east-2": "257758044811", "us-west-1": "746614075791", "us-west-2": "246618743249",
}
