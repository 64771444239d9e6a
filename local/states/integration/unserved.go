// This file knows what AWS has and the engine has not, so that it is refused by name.

package integration

import (
	"slices"
	"strings"
)

// OnlyAWS tells whether a Resource names an integration that Step Functions has and
// the engine does not: an optimized one of another service, or an action by the SDK
// of a service that the engine lacks.
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
func OnlyAWS(name string) bool {
	service, action, _ := strings.Cut(name, ":")
	if service == "aws-sdk" {
		id, action, _ := strings.Cut(action, ":")
		_, known := sdkServices()[id]
		return !known && id != "" && action != ""
	}
	return slices.Contains(map[string][]string{
		"athena":           {"getQueryExecution", "getQueryResults", "startQueryExecution", "stopQueryExecution"},
		"batch":            {"submitJob"},
		"bedrock":          {"createModelCustomizationJob", "invokeModel"},
		"codebuild":        {"batchDeleteBuilds", "batchGetReports", "startBuild", "startBuildBatch", "stopBuild", "stopBuildBatch", "retryBuild", "retryBuildBatch"},
		"databrew":         {"startJobRun"},
		"ecs":              {"runTask"},
		"eks":              {"call", "createCluster", "createFargateProfile", "createNodegroup", "deleteCluster", "deleteFargateProfile", "deleteNodegroup", "runJob"},
		"elasticmapreduce": {"addStep", "cancelStep", "createCluster", "modifyInstanceFleetByName", "modifyInstanceGroupByName", "setClusterTerminationProtection", "terminateCluster"},
		"emr-containers":   {"createVirtualCluster", "deleteVirtualCluster", "startJobRun"},
		"emr-serverless":   {"cancelJobRun", "createApplication", "deleteApplication", "startApplication", "startJobRun", "stopApplication"},
		"mediaconvert":     {"createJob"},
		"sagemaker":        {"createLabelingJob", "createHyperParameterTuningJob", "createProcessingJob"},
	}[service], action)
}
