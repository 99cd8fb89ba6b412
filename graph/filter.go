package graph

import (
	"strings"

	"customer-events/graph/generated"
	"customer-events/models"
)

// filterAttribute is an attribute that a filter may identify a record with.
type filterAttribute[Identifier any] struct {
	name  string
	by    models.Attribute
	value func(*Identifier) *string
}

type (
	accountIdentifier        = generated.AccountsReceivableIdentifier
	participantIdentifier    = generated.RewardsParticipantIdentifier
	unitIdentifier           = generated.UnitIdentifier
	classificationIdentifier = generated.CustomerEventClassificationIdentifier
)

// The attributes that filters accept, for each identifier type of the schema.
var (
	accountAttributes = []filterAttribute[accountIdentifier]{
		{"id", models.ByID, func(i *accountIdentifier) *string { return i.ID }},
		{"number", models.ByNumber, func(i *accountIdentifier) *string { return i.Number }},
		{"name", models.ByName, func(i *accountIdentifier) *string { return i.Name }},
	}
	participantAttributes = []filterAttribute[participantIdentifier]{
		{"id", models.ByID, func(i *participantIdentifier) *string { return i.ID }},
		{"number", models.ByNumber, func(i *participantIdentifier) *string { return i.Number }},
	}
	unitAttributes = []filterAttribute[unitIdentifier]{
		{"id", models.ByID, func(i *unitIdentifier) *string { return i.ID }},
		{"name", models.ByName, func(i *unitIdentifier) *string { return i.Name }},
		{"alternativeCode", models.ByAlternativeCode,
			func(i *unitIdentifier) *string { return i.AlternativeCode }},
	}
	classificationAttributes = []filterAttribute[classificationIdentifier]{
		{"id", models.ByID, func(i *classificationIdentifier) *string { return i.ID }},
		{"name", models.ByName, func(i *classificationIdentifier) *string { return i.Name }},
		{"alternativeCode", models.ByAlternativeCode,
			func(i *classificationIdentifier) *string { return i.AlternativeCode }},
	}
)

// eventFilter converts the filter of a query. A name that several records share selects the events of all
// of them.
func eventFilter(f *generated.WebCustomerEventFilter) (filter models.EventFilter, err error) {
	if f == nil {
		return filter, nil
	}
	filter = models.EventFilter{
		ExternalSystem:                f.ExternalSystem,
		ExternalSystemReferenceNumber: f.ExternalSystemReferenceNumber,
		PerformedFrom:                 f.PerformedFrom,
		PerformedTo:                   f.PerformedTo,
		CreatedFrom:                   f.CreatedFrom,
		CreatedTo:                     f.CreatedTo,
	}
	if i := f.RewardsParticipant; i != nil && i.AccessTokenIdentifier != nil {
		return filter, newError(badRequest,
			"filter.rewardsParticipant.accessTokenIdentifier is not allowed in a filter: use id or number")
	}
	filter.Account, err = filterReference(
		"accountsReceivable", models.Accounts, f.AccountsReceivable, accountAttributes)
	if err != nil {
		return filter, err
	}
	filter.Participant, err = filterReference(
		"rewardsParticipant", models.Participants, f.RewardsParticipant, participantAttributes)
	if err != nil {
		return filter, err
	}
	filter.Unit, err = filterReference(
		"performedByUnit", models.Units, f.PerformedByUnit, unitAttributes)
	if err != nil {
		return filter, err
	}
	filter.Classification, err = filterReference(
		"classification", models.Classifications, f.Classification, classificationAttributes)
	return filter, err
}

// filterReference returns the reference that an identifier of a filter gives, nil if the identifier is nil.
// An identifier without an attribute of the table is an error: without a reference, the filter would select
// all events.
func filterReference[Identifier any](
	field string, kind models.Kind, identifier *Identifier, attributes []filterAttribute[Identifier],
) (*models.Reference, error) {
	if identifier == nil {
		return nil, nil
	}
	names := make([]string, len(attributes))
	for i, attribute := range attributes {
		if value := attribute.value(identifier); value != nil {
			return &models.Reference{Kind: kind, By: attribute.by, Value: *value}, nil
		}
		names[i] = attribute.name
	}
	return nil, newError(badRequest, "filter.%s names no record: use %s", field, strings.Join(names, " or "))
}
