package sender

import "fmt"

// columns are the possible columns of a CSV file: the fields of WebCustomerEventInput, and for identifiers
// the paths to their fields. A test compares them with the schema.
var columns = func() []string {
	names := []string{
		"requestUniqueIdentifier",
		"performedOn",
		"website",
		"description",
		"externalSystem",
		"externalSystemReferenceNumber",
		"accountsReceivableIdentifier.id",
		"accountsReceivableIdentifier.number",
		"accountsReceivableIdentifier.name",
		"rewardsParticipantIdentifier.id",
		"rewardsParticipantIdentifier.number",
		"rewardsParticipantIdentifier.accessTokenIdentifier.authenticationCode",
		"rewardsParticipantIdentifier.accessTokenIdentifier.credentials.identifier",
		"rewardsParticipantIdentifier.accessTokenIdentifier.credentials.passCode",
		"rewardsParticipantIdentifier.accessTokenIdentifier.oneTimePassword",
		"classificationIdentifier.id",
		"classificationIdentifier.name",
		"classificationIdentifier.alternativeCode",
		"performedByUnitIdentifier.id",
		"performedByUnitIdentifier.name",
		"performedByUnitIdentifier.alternativeCode",
	}
	for i := range 8 {
		names = append(names, fmt.Sprint("udfString", i+1))
	}
	for i := range 4 {
		names = append(names, fmt.Sprint(floatPrefix, i+1), fmt.Sprint("udfDate", i+1))
	}
	return names
}()

// floatPrefix is the prefix of the names of the columns with numbers.
const floatPrefix = "udfFloat"
