// Package xml splits a partner's batch file into its records while it is
// read, once and in bounded memory, and refuses what is not a sound document.
//
// # The format
//
// The root element is Transactions, each of its children is a Transaction
// with the attribute TransactionID:
//
//	<Transactions>
//	  <Transaction TransactionID="1">
//	    <Notes>Transaction made between user 57 and user 732.</Notes>
//	    <Amount currency="EUR">12.50</Amount>
//	  </Transaction>
//	</Transactions>
//
// Elements and attributes may be in any namespaces; only their local names
// count. A record may have any content: none, no Notes, several Notes. All of
// it is kept as a tree, in document order: elements, with their attributes, and
// the texts in and between them. Of texts beside elements those that are white
// space are dropped, since they only lay out the document.
//
// Texts are what XML says they are: line ends are \n, CDATA sections and
// references are resolved, white space in attributes is made of spaces.
// Comments and processing instructions are skipped, without ending a text.
//
// # What is refused
//
// A record that is bad by itself has a Code and a Message: no TransactionID or
// an unusable one, a size beyond contract.MaxContentBytes, or an element that
// is not a Transaction. It is numbered like the others, and reading goes on
// behind it.
//
// A document that is not well-formed, or that is no batch, ends with a *batch.Fault
// that says what is wrong and where. Beyond the rules of XML 1.0 and of its
// namespaces these are refused: DOCTYPE (and with it all entities but the five
// predefined ones), more than 8 levels, more than 256 attributes in a tag, a
// tag longer than 256 KiB, text between the transactions, and a document
// without a transaction. Texts, CDATA sections, comments and processing
// instructions may have any length, since they are read in pieces: a record
// with 300 KiB of text is bad by itself and costs no more memory than others.
// A tag must be seen whole, and one without an end is nearly always a missing
// quote, so its limit concerns the document.
//
// # Encodings
//
// UTF-8, with or without a byte order mark, UTF-16 with a byte order mark or
// an XML declaration, and, where the XML declaration says so, US-ASCII,
// ISO-8859-1, ISO-8859-15 and windows-1252. Bytes that have no meaning in the
// encoding are faults; nothing is replaced.
package xml
