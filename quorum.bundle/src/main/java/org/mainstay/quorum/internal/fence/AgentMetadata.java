package org.mainstay.quorum.internal.fence;

import java.io.IOException;
import java.io.StringReader;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * What a fence agent says of itself: {@code action=metadata}, an XML document of the cluster agents' resource-agent form.
 *
 * @param name the agent's name
 * @param parameters by name
 * @param actions names of the actions
 */
record AgentMetadata(String name, Map<String, Parameter> parameters, Set<String> actions) {

    /**
     * A parameter.
     *
     * @param required whether it must be given
     * @param hasDefault whether the agent has a value for it
     * @param obsoletes the older name of the same parameter; empty if there is none
     * @param deprecated whether another name took its place
     */
    record Parameter(boolean required, boolean hasDefault, String obsoletes, boolean deprecated) {}

    /** Reads the document. @throws FencingProblem if it is none */
    static AgentMetadata parse(String xml) throws FencingProblem {
        int start = xml.indexOf('<');
        if (start < 0) {
            throw new FencingProblem("the agent's metadata is no XML document");
        }
        Document document;
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://xml.org/sax/features/external-general-entities", false);
            factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
            factory.setExpandEntityReferences(false);
            var builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null);
            document = builder.parse(new InputSource(new StringReader(xml.substring(start))));
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new FencingProblem("the agent's metadata cannot be read: " + e.getMessage());
        }
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        NodeList nodes = document.getElementsByTagName("parameter");
        for (int i = 0; i < nodes.getLength(); i++) {
            Element element = (Element) nodes.item(i);
            NodeList contents = element.getElementsByTagName("content");
            boolean hasDefault = contents.getLength() > 0 && ((Element) contents.item(0)).hasAttribute("default");
            parameters.put(
                    element.getAttribute("name"),
                    new Parameter(
                            element.getAttribute("required").equals("1"),
                            hasDefault,
                            element.getAttribute("obsoletes"),
                            element.getAttribute("deprecated").equals("1")));
        }
        Set<String> actions = new HashSet<>();
        NodeList found = document.getElementsByTagName("action");
        for (int i = 0; i < found.getLength(); i++) {
            actions.add(((Element) found.item(i)).getAttribute("name"));
        }
        return new AgentMetadata(document.getDocumentElement().getAttribute("name"), parameters, actions);
    }

    /** Checks a device's parameters. @throws FencingProblem naming the first that is wrong or missing */
    void check(Device device) throws FencingProblem {
        Set<String> given = new HashSet<>(device.options().keySet());
        given.addAll(device.secrets().keySet());
        for (String name : given) {
            if (!parameters.containsKey(name) || name.equals("action")) {
                throw new FencingProblem("[" + device.name() + "]: " + device.agent() + " has no parameter '" + name
                        + "'; see '" + device.agent() + " -o metadata'");
            }
        }
        for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
            Parameter parameter = entry.getValue();
            boolean missing = parameter.required()
                    && !parameter.hasDefault()
                    && !parameter.deprecated()
                    && !given.contains(entry.getKey())
                    && !given.contains(parameter.obsoletes());
            if (missing && !entry.getKey().equals("action")) {
                throw new FencingProblem(
                        "[" + device.name() + "]: " + device.agent() + " needs option." + entry.getKey() + "=...");
            }
        }
        if (!actions.contains("off")) {
            throw new FencingProblem("[" + device.name() + "]: " + device.agent() + " cannot switch anything off");
        }
        if (device.verify() && !actions.contains("status")) {
            throw new FencingProblem("[" + device.name() + "]: " + device.agent()
                    + " has no action status, so nothing confirms that the server is off; verify=none trusts its word");
        }
    }
}
