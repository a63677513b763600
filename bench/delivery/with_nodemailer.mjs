// Sends digests with nodemailer's pool: PORT COUNT CONNECTIONS EDITION.
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [port, count, connections] = process.argv.slice(2, 5).map(Number);
const digest = JSON.parse(readFileSync(process.argv[5], "utf-8"));
const pool = nodemailer.createTransport({
  host: "127.0.0.1",
  port,
  ignoreTLS: true,
  pool: true,
  maxConnections: connections,
  maxMessages: Infinity,
});

let next = 0;

function build(number) {
  const leave = `https://news.example.org/unsubscribe/v1.${String(number).padStart(22, "0")}`;
  return {
    from: "COOP News <news@example.org>",
    to: `reader${number}@readers.example`,
    subject: digest.subject,
    text: digest.text.replaceAll(digest.marker, leave),
    html: digest.html.replaceAll(digest.marker, leave),
    list: { unsubscribe: leave, id: { url: "coop-news.example.org", comment: "COOP News" } },
    headers: {
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      "Auto-Submitted": "auto-generated",
      Precedence: "bulk",
    },
  };
}

// Two callers for each connection, so that no connection ever waits for the next message.
async function send() {
  while (next < count) await pool.sendMail(build(next++));
}

await Promise.all(Array.from({ length: connections * 2 }, send));
pool.close();
