package main

import (
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// newCoreCall uses alibaba-cloud-sdk-go, which returns the JSON of a generic call as a text.
func newCoreCall(a arguments) (func() error, error) {
	client, err := sdk.NewClientWithAccessKey("cn-hangzhou", a.accessKeyID, a.accessKeySecret)
	if err != nil {
		return nil, err
	}
	return func() error {
		request := requests.NewCommonRequest()
		request.Method = "POST"
		request.Scheme = "http"
		request.Domain = a.host
		request.Version = version
		request.ApiName = action
		request.QueryParams["ClientId"] = a.clientID
		request.QueryParams["InstanceId"] = a.instanceID
		response, err := client.ProcessCommonRequest(request)
		if err == nil && !strings.Contains(response.GetHttpContentString(), "DeviceAccessKeySecret") {
			err = errNoCredential
		}
		return err
	}, nil
}
