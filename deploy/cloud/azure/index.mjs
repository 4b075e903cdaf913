// The Azure function, which an action group calls with the common alert schema.
import {alerts_of_azure} from '../alerts.mjs';
import {post_alerts} from '../post.mjs';

export default async function (context, request) {
  try {
    const posted = await post_alerts(alerts_of_azure(request.body));
    context.res = {status: 200, body: {posted}};
  } catch (error) {
    context.log?.error?.(error.message);
    context.res = {status: 502, body: {error: error.message}};
  }
}
