package checkaddress

// This file has the regions of countries whose addresses name one: what the
// postal codes of their places begin with (of Australia Post's postcode data, of
// Canada Post's forward sortation areas, and of the United States Postal
// Service's three-digit prefixes, DMM L002), and which regions they border on.

import (
	"regexp"
	"strings"
)

func in(name, postalCodes, borders string) region {
	return region{name: name, postalCodes: regexp.MustCompile("^(?:" + postalCodes + ")"), borders: strings.Fields(borders)}
}

var australia = map[string]region{
	"ACT": in("Australian Capital Territory", `29|26|02`, "NSW"),
	"NSW": in("New South Wales", `1|2`, "ACT QLD SA VIC"),
	"NT":  in("Northern Territory", `0[89]`, "QLD SA WA"),
	"QLD": in("Queensland", `[49]`, "NSW NT SA"),
	"SA":  in("South Australia", `5`, "NSW NT QLD VIC WA"),
	"TAS": in("Tasmania", `7`, ""),
	"VIC": in("Victoria", `[38]`, "NSW SA"),
	"WA":  in("Western Australia", `6`, "NT SA"),
}

var canada = map[string]region{
	"AB": in("Alberta", `T`, "BC NT SK"),
	"BC": in("British Columbia", `V`, "AB NT YT"),
	"MB": in("Manitoba", `R`, "NU ON SK"),
	"NB": in("New Brunswick", `E`, "NS QC"),
	"NL": in("Newfoundland and Labrador", `A`, "QC"),
	"NS": in("Nova Scotia", `B`, "NB"),
	"NT": in("Northwest Territories", `X0E|X0G|X1A`, "AB BC NU SK YT"),
	"NU": in("Nunavut", `X0A|X0B|X0C`, "MB NT"),
	"ON": in("Ontario", `[KLMNP]`, "MB QC"),
	"PE": in("Prince Edward Island", `C`, ""),
	"QC": in("Quebec", `[GHJ]`, "NB NL ON"),
	"SK": in("Saskatchewan", `S`, "AB MB NT"),
	"YT": in("Yukon", `Y`, "BC NT"),
}

var unitedStates = map[string]region{
	"AA": in("Armed Forces Americas", `340`, ""),
	"AE": in("Armed Forces Europe", `09`, ""),
	"AK": in("Alaska", `99[5-9]`, ""),
	"AL": in("Alabama", `3[56]`, "FL GA MS TN"),
	"AP": in("Armed Forces Pacific", `96[2-6]`, ""),
	"AR": in("Arkansas", `71[6-9]|72`, "LA MO MS OK TN TX"),
	"AS": in("American Samoa", `96799`, ""),
	"AZ": in("Arizona", `8[56]`, "CA CO NM NV UT"),
	"CA": in("California", `9[0-5]|96[01]`, "AZ NV OR"),
	"CO": in("Colorado", `8[01]`, "AZ KS NE NM OK UT WY"),
	"CT": in("Connecticut", `06`, "MA NY RI"),
	"DC": in("District of Columbia", `20[02-5]|569`, "MD VA"),
	"DE": in("Delaware", `19[7-9]`, "MD NJ PA"),
	"FL": in("Florida", `3[23]|34[1-9]`, "AL GA"),
	"FM": in("Micronesia", `9694[1-4]`, ""),
	"GA": in("Georgia", `3[01]|398|39901`, "AL FL NC SC TN"),
	"GU": in("Guam", `969[12]\d|9693[12]`, ""),
	"HI": in("Hawaii", `967[0-8]|9679[0-8]|968`, ""),
	"IA": in("Iowa", `5[0-2]`, "IL MN MO NE SD WI"),
	"ID": in("Idaho", `83[2-9]`, "MT NV OR UT WA WY"),
	"IL": in("Illinois", `6[0-2]`, "IA IN KY MO WI"),
	"IN": in("Indiana", `4[67]`, "IL KY MI OH"),
	"KS": in("Kansas", `6[67]`, "CO MO NE OK"),
	"KY": in("Kentucky", `4[01]|42[0-7]`, "IL IN MO OH TN VA WV"),
	"LA": in("Louisiana", `70|71[0-5]`, "AR MS TX"),
	"MA": in("Massachusetts", `01|02[0-7]`, "CT NH NY RI VT"),
	"MD": in("Maryland", `20[6-9]|21`, "DC DE PA VA WV"),
	"ME": in("Maine", `039|04`, "NH"),
	"MH": in("Marshall Islands", `969[67]`, ""),
	"MI": in("Michigan", `4[89]`, "IN OH WI"),
	"MN": in("Minnesota", `55|56[0-7]`, "IA ND SD WI"),
	"MO": in("Missouri", `6[3-5]`, "AR IA IL KS KY NE OK TN"),
	"MP": in("Northern Mariana Islands", `9695[0-2]`, ""),
	"MS": in("Mississippi", `38[6-9]|39[0-7]`, "AL AR LA TN"),
	"MT": in("Montana", `59`, "ID ND SD WY"),
	"NC": in("North Carolina", `2[78]`, "GA SC TN VA"),
	"ND": in("North Dakota", `58`, "MN MT SD"),
	"NE": in("Nebraska", `6[89]`, "CO IA KS MO SD WY"),
	"NH": in("New Hampshire", `03[0-8]`, "MA ME VT"),
	"NJ": in("New Jersey", `0[78]`, "DE NY PA"),
	"NM": in("New Mexico", `87|88[0-4]`, "AZ CO OK TX UT"),
	"NV": in("Nevada", `889|89`, "AZ CA ID OR UT"),
	"NY": in("New York", `1[0-4]|00501|00544`, "CT MA NJ PA VT"),
	"OH": in("Ohio", `4[3-5]`, "IN KY MI PA WV"),
	"OK": in("Oklahoma", `7[34]`, "AR CO KS MO NM TX"),
	"OR": in("Oregon", `97`, "CA ID NV WA"),
	"PA": in("Pennsylvania", `1[5-8]|19[0-6]`, "DE MD NJ NY OH WV"),
	"PR": in("Puerto Rico", `00[679]`, ""),
	"PW": in("Palau", `96939|96940`, ""),
	"RI": in("Rhode Island", `02[89]`, "CT MA"),
	"SC": in("South Carolina", `29`, "GA NC"),
	"SD": in("South Dakota", `57`, "IA MN MT ND NE WY"),
	"TN": in("Tennessee", `37|38[0-5]`, "AL AR GA KY MO MS NC VA"),
	"TX": in("Texas", `7[5-9]|885`, "AR LA NM OK"),
	"UT": in("Utah", `84`, "AZ CO ID NM NV WY"),
	"VA": in("Virginia", `201|2[23]|24[0-6]`, "DC KY MD NC TN WV"),
	"VI": in("Virgin Islands", `008`, ""),
	"VT": in("Vermont", `05`, "MA NH NY"),
	"WA": in("Washington", `98|99[0-4]`, "ID OR"),
	"WI": in("Wisconsin", `5[34]`, "IA IL MI MN"),
	"WV": in("West Virginia", `24[7-9]|2[56]`, "KY MD OH PA VA"),
	"WY": in("Wyoming", `82|83[01]`, "CO ID MT NE SD UT"),
}
