import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Says which regular expressions match which texts: an oracle for those of forms.
 *
 * Reads, each line in base64: the number of texts (as it is), the texts, the expressions. Writes a line for each
 * expression: a 1 or a 0 for each text, or "refused".
 */
public class JavaMatches {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        List<String> texts = new ArrayList<>();
        for (int left = Integer.parseInt(in.readLine()); left > 0; left--) texts.add(decoded(in.readLine()));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            StringBuilder found = new StringBuilder();
            try {
                Pattern pattern = Pattern.compile(decoded(line));
                for (String text : texts) found.append(pattern.matcher(text).matches() ? '1' : '0');
            } catch (PatternSyntaxException refused) {
                found.append("refused");
            }
            out.println(found);
        }
    }

    static String decoded(String line) throws Exception {
        return new String(Base64.getDecoder().decode(line), "UTF-8");
    }
}
