"""What the service says of itself: its endpoint, its data, its examples, its interface."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import rdflib
import schemathesis
from conftest import ROOT
from openapi_spec_validator import OpenAPIV31SpecValidator
from rdflib.namespace import DCAT, DCTERMS, OWL, RDF, RDFS, SH, SKOS, VOID

import kg
from kg.engine.rdflib_engine import RdflibEngine
from kg.parameters import CONCEPT, THING, choices, described
from kg.table import Table
from kg.web.jobs import Held
from kg.web.jobs.service import FORMS, WHAT, run
from kg.web.replies import Problem

ADDRESS = "http://127.0.0.1:8000"
SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
W3C_FORMATS = rdflib.Namespace("http://www.w3.org/ns/formats/")
SCHEMA = rdflib.Namespace("https://schema.org/")
BASE = "https://w3id.org/alliance-kg/"
ENDPOINT = rdflib.URIRef(f"{ADDRESS}/sparql")
DATASET = rdflib.URIRef(f"{ADDRESS}/.well-known/void#alliance-kg")
PARSERS = {"turtle": "turtle", "ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}
QUERIES = sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))


def given(held: Held, what: str, form: str = "turtle", **request: object) -> rdflib.Graph:
    reply = run(held, {"what": what, "form": form, "address": ADDRESS, **request}, b"")
    return rdflib.Graph().parse(data=reply.body, format=PARSERS[form])


def document(held: Held) -> dict[str, Any]:
    reply = run(held, {"what": "openapi", "form": "json", "address": ADDRESS}, b"")
    assert reply.media_type == "application/json"
    read: dict[str, Any] = json.loads(reply.body)
    return read


def concepts_in(taxonomy: str) -> list[str]:
    """The concepts of a scheme, read from its file."""
    text = (ROOT / "ontology" / "taxonomy" / f"{taxonomy}.ttl").read_text(encoding="utf-8")
    return re.findall(rf"^{taxonomy}:(\S+) a skos:Concept\b", text, re.MULTILINE)


def parameters_in(question: str) -> dict[str, str]:
    """The parameters of a question with their examples, read from its file."""
    text = (ROOT / "queries" / f"{question}.rq").read_text(encoding="utf-8")
    return dict(re.findall(r"^ *VALUES \?(\w+) +\{ (\S+) \} +# ", text, re.MULTILINE))


@pytest.fixture(scope="module")
def held(graph: kg.Graph) -> Held:
    return Held(graph=graph, version="a-version")


@pytest.fixture(scope="module")
def service(held: Held) -> rdflib.Graph:
    return given(held, "service-description")


@pytest.fixture(scope="module")
def void(held: Held) -> rdflib.Graph:
    return given(held, "void")


@pytest.fixture(scope="module")
def examples(held: Held) -> rdflib.Graph:
    return given(held, "examples")


@pytest.fixture(scope="module")
def api(held: Held) -> dict[str, Any]:
    return document(held)


@pytest.fixture(scope="module")
def counted(rdflib_graph: kg.Graph) -> rdflib.Graph:
    """The whole graph in rdflib, to be counted there."""
    assert isinstance(rdflib_graph.engine, RdflibEngine)
    return rdflib_graph.engine.graph


@pytest.mark.parametrize("what", [what for what in WHAT if what != "openapi"])
def test_every_form_says_the_same(held: Held, what: str) -> None:
    said = {form.name: set(given(held, what, form.name)) for form in FORMS}
    assert said.keys() == PARSERS.keys()
    assert all(each == said["ntriples"] for each in said.values())


@pytest.mark.parametrize("what", [what for what in WHAT if what != "openapi"])
def test_no_node_is_blank(held: Held, what: str) -> None:
    nodes = {node for triple in given(held, what) for node in triple}
    assert not any(isinstance(node, rdflib.BNode) for node in nodes)


def test_what_is_not_there_is_a_problem(held: Held) -> None:
    for request, status in (
        ({"what": "everything", "form": "turtle"}, 404),
        ({"what": "void", "form": "csv"}, 406),
        ({"what": "service-description", "form": "html"}, 406),
        ({"what": "openapi", "form": "turtle"}, 406),
    ):
        with pytest.raises(Problem) as problem:
            run(held, {**request, "address": ADDRESS}, b"")
        assert problem.value.status == status


def test_an_address_cannot_break_out_of_its_iri(held: Held) -> None:
    address = 'http://example.org/a> <b> "c'
    reply = run(held, {"what": "void", "form": "turtle", "address": address}, b"")
    read = rdflib.Graph().parse(data=reply.body, format="turtle")
    assert len(read) == len(given(held, "void"))


# The service description


def test_the_service_is_described_as_the_w3c_asks(service: rdflib.Graph) -> None:
    """The endpoint is named, and each resource has the class that the vocabulary gives it."""
    assert (None, SD.endpoint, ENDPOINT) in service
    (of_service,) = service.subjects(SD.endpoint)
    assert (of_service, RDF.type, SD.Service) in service
    (dataset,) = service.objects(of_service, SD.defaultDataset)
    assert (dataset, RDF.type, SD.Dataset) in service
    (default,) = service.objects(dataset, SD.defaultGraph)
    assert (default, RDF.type, SD.Graph) in service
    for named in service.objects(dataset, SD.namedGraph):
        assert (named, RDF.type, SD.NamedGraph) in service
        assert len(list(service.objects(named, SD.name))) == 1
        (its_graph,) = service.objects(named, SD.graph)
        assert (its_graph, RDF.type, SD.Graph) in service


def test_comunica_finds_the_endpoint_under_its_own_address(service: rdflib.Graph) -> None:
    """It passes over a service that is named otherwise than the address it asked."""
    assert service.value(ENDPOINT, SD.endpoint) == ENDPOINT
    assert set(service.objects(ENDPOINT, SD.supportedLanguage)) == {SD.SPARQL11Query}
    assert set(service.objects(ENDPOINT, SD.resultFormat)) == {
        W3C_FORMATS[name]
        for name in (
            *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV"),
            *("SPARQL_Results_TSV", "Turtle", "N-Triples", "JSON-LD", "RDF_XML"),
        )
    }


def test_only_features_that_are_there_are_claimed(held: Held, graph: kg.Graph) -> None:
    assert not list(given(held, "service-description").objects(None, SD.feature))
    open_to = given(held, "service-description", services=["https://example.org/sparql"])
    assert list(open_to.objects(ENDPOINT, SD.feature)) == [SD.BasicFederatedQuery]
    writable = given(Held(graph=graph, is_writable=True), "service-description")
    assert SD.SPARQL11Update in writable.objects(ENDPOINT, SD.supportedLanguage)


def test_the_size_of_each_graph_is_right(
    service: rdflib.Graph, graph: kg.Graph, counted: rdflib.Graph
) -> None:
    (default,) = service.objects(None, SD.defaultGraph)
    assert service.value(default, VOID.triples) == rdflib.Literal(len(counted))
    (derived,) = service.objects(None, SD.graph)
    (name,) = service.objects(None, SD.name)
    lines = graph.export("nquads").splitlines()
    in_graph = sum(line.endswith(f" <{name}> .") for line in lines)
    assert 0 < in_graph < len(counted)
    assert service.value(derived, VOID.triples) == rdflib.Literal(in_graph)


# The dataset


def test_the_dataset_says_what_it_is(void: rdflib.Graph) -> None:
    licence = re.search(r"https://\S+/licenses/by/4.0/", (ROOT / "LICENSE-data").read_text("utf-8"))
    assert licence
    assert void.value(DATASET, DCTERMS.license) == rdflib.URIRef(licence[0])
    assert void.value(DATASET, OWL.versionInfo) == rdflib.Literal("0.1.0")
    assert void.value(DATASET, rdflib.URIRef(f"{DCAT}version")) == rdflib.Literal("a-version")
    for property_ in (
        *(DCTERMS.title, DCTERMS.description, DCTERMS.creator, DCTERMS.modified, DCTERMS.issued),
        *(VOID.sparqlEndpoint, VOID.uriSpace, DCAT.distribution),
    ):
        assert void.value(DATASET, property_) is not None, property_


def test_how_much_there_is_of_what_is_counted_right(
    void: rdflib.Graph, counted: rdflib.Graph
) -> None:
    assert void.value(DATASET, VOID.triples) == rdflib.Literal(len(counted))
    subjects = set(counted.subjects())
    assert void.value(DATASET, VOID.distinctSubjects) == rdflib.Literal(len(subjects))
    assert void.value(DATASET, VOID.distinctObjects) == rdflib.Literal(len(set(counted.objects())))
    ours = [subject for subject in subjects if str(subject).startswith(BASE)]
    assert void.value(DATASET, VOID.entities) == rdflib.Literal(len(ours))
    classes = Counter(counted.objects(None, RDF.type))
    assert void.value(DATASET, VOID.classes) == rdflib.Literal(len(classes))
    assert classes == {
        void.value(part, VOID["class"]): void.value(part, VOID.entities).value  # type: ignore[union-attr]
        for part in void.objects(DATASET, VOID.classPartition)
    }
    properties = Counter(counted.predicates())
    assert void.value(DATASET, VOID.properties) == rdflib.Literal(len(properties))
    parts = list(void.objects(DATASET, VOID.propertyPartition))
    assert len(parts) == len(properties)
    for part in parts:
        (property_,) = void.objects(part, VOID.property)
        assert void.value(part, VOID.triples) == rdflib.Literal(properties[property_])
        for number, nodes in (
            (VOID.distinctSubjects, counted.subjects(property_)),
            (VOID.distinctObjects, counted.objects(None, property_)),
        ):
            assert void.value(part, number) == rdflib.Literal(len(set(nodes))), property_


def test_states_and_stages_are_as_many_as_the_files_name(void: rdflib.Graph) -> None:
    def entities(class_: rdflib.URIRef) -> object:
        (part,) = void.subjects(VOID["class"], class_)
        return void.value(part, VOID.entities)

    states = re.findall(r"^state:\S+ a kg:State\b", (ROOT / "graph/states.ttl").read_text(), re.M)
    assert entities(rdflib.URIRef(f"{BASE}ontology#State")) == rdflib.Literal(len(states))
    files = (ROOT / "ontology").rglob("*.ttl")
    concepts = [re.findall(r"^\S+ a skos:Concept\b", path.read_text(), re.M) for path in files]
    assert entities(SKOS.Concept) == rdflib.Literal(sum(map(len, concepts)))


def test_every_term_is_of_a_vocabulary_that_is_named(
    void: rdflib.Graph, counted: rdflib.Graph
) -> None:
    """Comunica takes it that there is nothing of any other."""
    vocabularies = tuple(map(str, void.objects(DATASET, VOID.vocabulary)))
    for term in {*counted.predicates(), *counted.objects(None, RDF.type)}:
        assert str(term).startswith(vocabularies), term


def test_the_links_to_wikidata_are_counted(void: rdflib.Graph, counted: rdflib.Graph) -> None:
    (links,) = void.subjects(RDF.type, VOID.Linkset)
    assert void.value(links, VOID.linkPredicate) == SKOS.exactMatch
    matches = map(str, counted.objects(None, SKOS.exactMatch))
    items = sum("wikidata.org/entity/Q" in match for match in matches)
    assert void.value(links, VOID.triples) == rdflib.Literal(items)


def test_examples_of_resources_are_there_and_dumps_are_named(
    void: rdflib.Graph, counted: rdflib.Graph
) -> None:
    shown = set(void.objects(DATASET, VOID.exampleResource))
    assert rdflib.URIRef(f"{BASE}organisation/nato") in shown
    assert all((thing, RDF.type, None) in counted for thing in shown)
    dumps = {f"{ADDRESS}/export.{suffix}" for suffix in ("ttl", "nt", "nq")}
    assert set(map(str, void.objects(DATASET, VOID.dataDump))) == dumps
    of_distributions = {
        str(void.value(each, DCAT.downloadURL)) for each in void.objects(DATASET, DCAT.distribution)
    }
    assert of_distributions == dumps


# The examples


def test_every_stored_question_is_an_example_that_runs(
    examples: rdflib.Graph, graph: kg.Graph
) -> None:
    """It is found by the query with which the SIB's editor looks for examples."""
    found = {
        str(row["sq"]): (str(row["comment"]), str(row["query"]))
        for row in examples.query(
            """
            SELECT DISTINCT ?sq ?comment ?query WHERE {
              ?sq a sh:SPARQLExecutable ;
                rdfs:comment ?comment ;
                sh:select|sh:ask|sh:construct ?query .
            }""",
            initNs={"sh": SH, "rdfs": RDFS},
        )
        if isinstance(row, rdflib.query.ResultRow)
    }
    assert set(found) == {f"{BASE}query/{name}" for name in QUERIES}
    for iri, (comment, text) in found.items():
        query = graph.queries[iri.rpartition("/")[2]]
        assert comment == query.head["question"]
        answer = graph.engine.query(text)
        assert isinstance(answer, Table)
        assert answer.rows == graph.engine.query(query.text).rows  # type: ignore[union-attr]


def test_an_example_says_where_it_is_asked_and_with_which_prefixes(
    examples: rdflib.Graph, project_prefixes: dict[str, str]
) -> None:
    for name in QUERIES:
        example = rdflib.URIRef(f"{BASE}query/{name}")
        assert (example, RDF.type, SH.SPARQLSelectExecutable) in examples
        assert examples.value(example, SCHEMA.target) == ENDPOINT
        assert rdflib.Literal(name.replace("-", " "), "en") in examples.objects(
            example, SCHEMA.keywords
        )
        (prefixes,) = examples.objects(example, SH.prefixes)
        declared = {
            str(examples.value(each, SH.prefix)): str(examples.value(each, SH.namespace))
            for each in examples.objects(prefixes, SH.declare)
        }
        assert declared == project_prefixes


def test_markup_in_a_question_is_text(working_copy: Path) -> None:
    (working_copy / "queries").mkdir()
    (working_copy / "queries" / "odd.rq").write_text(
        "#+ summary: Odd.\n"
        '#+ question: Is <script>alert(1)</script> & co "a" state?\n\n'
        "PREFIX kg: <https://w3id.org/alliance-kg/ontology#>\n\n"
        "ASK\nWHERE { ?state a kg:State . }\n",
        encoding="utf-8",
    )
    said = given(Held(graph=kg.open(working_copy)), "examples")
    (example,) = said.subjects(RDF.type, SH.SPARQLAskExecutable)
    comment = said.value(example, RDFS.comment)
    assert isinstance(comment, rdflib.Literal) and comment.datatype == RDF.HTML
    assert str(comment) == 'Is &lt;script&gt;alert(1)&lt;/script&gt; &amp; co "a" state?'
    assert "ASK" in str(said.value(example, SH.ask))


# The OpenAPI document


@pytest.mark.parametrize("is_writable", [False, True])
def test_the_document_is_valid_openapi(graph: kg.Graph, is_writable: bool) -> None:
    read = document(Held(graph=graph, is_writable=is_writable))
    assert read["openapi"].startswith("3.1.")
    assert not list(OpenAPIV31SpecValidator(read).iter_errors())
    assert ("/graph-store" in read["paths"]) == is_writable
    assert ("securitySchemes" in read["components"]) == is_writable


def test_schemathesis_reads_every_operation(api: dict[str, Any]) -> None:
    read = schemathesis.openapi.from_dict(api)
    labels = {operation.ok().label for operation in read.get_all_operations()}
    assert labels == {
        f"{method.upper()} {path}" for path, item in api["paths"].items() for method in item
    }


def own_parameters(api: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
    """The parameters of a GET, with references followed."""
    found = {}
    for each in api["paths"][path]["get"]["parameters"]:
        if "$ref" in each:
            each = api["components"]["parameters"][each["$ref"].rpartition("/")[2]]
        found[each["name"]] = each
    return found


@pytest.mark.parametrize("question", QUERIES)
def test_every_parameter_of_a_question_is_told(api: dict[str, Any], question: str) -> None:
    expected = parameters_in(question)
    common = {"known-on", "joined-by", "format"}
    text = (ROOT / "queries" / f"{question}.rq").read_text(encoding="utf-8")
    columns = text[text.index("\nSELECT") : text.index("\nWHERE")]
    certain = {"certainty"} if "?certainty" in columns else set()
    asked = own_parameters(api, f"/query/{question}")
    assert set(asked) == {*expected, *common, *certain}
    assert set(own_parameters(api, f"/explain/{question}")) == {*expected, *common, "row", "where"}
    why_not = own_parameters(api, f"/why-not/{question}")
    assert set(why_not) == {*expected, *common, "where"}
    assert why_not["where"]["required"]
    things = ("state:", "organisation:", "weapon:", "person:", "event:", "article:")
    for name, example in expected.items():
        assert asked[name]["required"] == example.startswith(things), name
        assert ("example" in asked[name]) == (example != "UNDEF")


def test_what_a_parameter_may_be_is_what_the_taxonomies_name(api: dict[str, Any]) -> None:
    def schema(path: str, name: str) -> dict[str, Any]:
        read: dict[str, Any] = own_parameters(api, path)[name]["schema"]
        return read

    stage = schema("/query/supplied-to", "stage")
    assert sorted(stage["enum"]) == sorted(concepts_in("transfer-stage"))
    assert stage["default"] == "pledged"
    assert sorted(schema("/query/figures-of", "measure")["enum"]) == sorted(concepts_in("measure"))
    assert "default" not in schema("/query/figures-of", "measure")
    kind = schema("/query/weapons-by-class", "kind")
    assert sorted(kind["enum"]) == sorted(concepts_in("weapon-class"))
    joined_by = schema("/query/members", "joined-by")
    assert sorted(joined_by["enum"]) == sorted(concepts_in("joining-stage"))
    assert schema("/query/members", "on") == {"type": "string", "format": "date"}
    assert schema("/query/joined-between", "from")["default"] == "1999-01-01"
    organisation = schema("/query/members", "organisation")
    assert (organisation["type"], organisation["minLength"]) == ("string", 1)
    assert "enum" not in organisation


def test_examples_and_defaults_are_allowed_values(api: dict[str, Any]) -> None:
    for each in api["components"]["parameters"].values():
        schema = each["schema"]
        for value in (each.get("example"), schema.get("default")):
            assert value is None or value in schema.get("enum", [value])


def test_every_kind_of_thing_has_a_path(api: dict[str, Any], counted: rdflib.Graph) -> None:
    steps = {
        str(subject).removeprefix(BASE).split("/")[0]
        for subject in counted.subjects()
        if str(subject).startswith(BASE) and "/" in str(subject).removeprefix(BASE)
    }
    assert set(own_parameters(api, "/{kind}/{slug}")["kind"]["schema"]["enum"]) == steps
    pattern = own_parameters(api, "/{kind}/{slug}")["slug"]["schema"]["pattern"]
    for subject in counted.subjects():
        kind, _, slug = str(subject).removeprefix(BASE).partition("/")
        assert kind not in steps or not slug or re.search(pattern, slug), subject


def test_a_where_of_an_explanation_names_a_column(api: dict[str, Any]) -> None:
    pattern = own_parameters(api, "/explain/members")["where"]["schema"]["items"]["pattern"]
    assert re.search(pattern, "name=Finland")
    assert not re.search(pattern, "colour=blue")


# The parameters, for forms and messages


def test_what_has_to_be_given_is_told_apart_from_what_may_be(graph: kg.Graph) -> None:
    organisation, on = described(graph.queries["members"], graph)
    assert (organisation.type, organisation.kind) == (THING, "organisation")
    assert organisation.is_required and organisation.default is None
    assert organisation.example == "nato"
    assert (on.type, on.is_required, on.default) == ("date", False, "today")
    donor, measure, _ = described(graph.queries["aid-totals"], graph)
    assert (donor.type, donor.is_required, donor.default) == (THING, False, None)
    assert (measure.type, measure.is_required, measure.default) == (CONCEPT, False, None)
    _, stage, _ = described(graph.queries["supplied-to"], graph)
    assert (stage.default, stage.allowed[0].value) == ("pledged", "requested")


def test_the_day_of_the_clocks_is_the_default(graph: kg.Graph) -> None:
    then = graph.as_of(on="2022-10-12")
    _, on = described(then.queries["members"], then)
    assert on.default == "2022-10-12"


def test_what_can_be_chosen_is_what_the_files_name(graph: kg.Graph) -> None:
    def offered(question: str) -> dict[str, str]:
        first = described(graph.queries[question], graph)[0]
        return {choice.value: choice.label for choice in choices(graph, first)}

    text = (ROOT / "graph" / "states.ttl").read_text(encoding="utf-8")
    states = re.findall(r"^state:(\S+) a kg:State\b", text, re.MULTILINE)
    assert set(offered("organisations-of")) == set(states)
    assert offered("organisations-of")["turkey"] == "Türkiye"
    organisations = {path.stem for path in (ROOT / "graph" / "organisations").glob("*.ttl")}
    assert set(offered("members")) == organisations
    anything = offered("timeline-of")
    assert {f"state:{slug}" for slug in states} < anything.keys()
    assert "weapon:himars" in anything and "event:nato-finland-accession" not in anything
    on = described(graph.queries["members"], graph)[1]
    assert choices(graph, on) == ()


def test_every_choice_is_found_by_its_value(graph: kg.Graph) -> None:
    for question in ("members", "events-of", "suppliers-of", "claims-of"):
        first = described(graph.queries[question], graph)[0]
        for choice in choices(graph, first)[::7]:
            found = graph.things.find(choice.value, kind=first.kind)
            assert found.value == f"{BASE}{first.kind}/{choice.value}"
